"""The search store on Elasticsearch, the only package that talks to it."""
