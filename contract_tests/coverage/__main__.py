"""Write the files again, and keep what the last run of the tests has noted."""

from contract_tests.coverage.file import keep_run, write_files

if __name__ == "__main__":
    write_files(keep_run())
