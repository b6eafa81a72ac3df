"""WebDAV: the files of an instance, as published tools use them."""
