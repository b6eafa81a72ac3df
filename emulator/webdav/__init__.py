"""WebDAV: the files of an instance, for published tools."""
