"""The protocol of the Open Commerce API. The folder resources/ has the resources."""
