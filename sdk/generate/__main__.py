"""Write the generated part of the library anew: `python -m generate`."""

from generate.writing import PACKAGE, write

if __name__ == "__main__":
    write(PACKAGE)
