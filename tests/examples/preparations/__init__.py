"""What an application of examples/ needs before it can be built, a module for each that needs something, named as its folder with
underscores. A module may have

- `files(folder)`: makes files in `folder`, a copy of the application: a lock file that cannot be kept, for instance;
- `services(folder)`: a context manager around all builds and runs; it gives more options of `scripts/verify_image.py`, under their
  names with underscores: `{"secret": ("id=npm_token,src=/…",), "add_host": ("npm.example.com:172.17.0.1",)}`.
"""
