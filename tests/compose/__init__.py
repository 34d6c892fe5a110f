"""The Dockerfile and docker-compose.yml tried on a real Docker engine: `make test-compose`."""
