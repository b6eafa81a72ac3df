"""HTTP/1.1 between sockets and WSGI: what arrives, what is answered, who works on it.

Nothing in this folder knows what is served, and only ``loop`` and ``connection`` know sockets.
"""
