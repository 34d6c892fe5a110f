"""Real servers for the tests, on loopback: Apache Kafka and Elasticsearch, brought by Maven and kept outside the repository.

`python -m tests.integration.servers up` starts them by hand; the fixtures in tests/integration/conftest.py do it for the tests.
What has been brought, and what runs, lies in the folder that MARSAD_SERVERS names.
"""
