"""The bundled HTTP/1.1 server: from sockets to a WSGI application, and back.

========================  ============================================================
module                    subject
========================  ============================================================
``listener``              the server: address, start, stop
``loop``, ``leader``      events of sockets, and the threads that handle them
``connection``            one client: its requests and answers in order
``request``, ``body``     bytes of a request, after RFC 9112
``wsgi``                  the application, after PEP 3333
``answer``                bytes of an answer, after RFC 9112
``tls``, ``certificate``  https
========================  ============================================================

Only ``listener``, ``loop`` and ``connection`` know sockets. Any WSGI application will do.
"""
