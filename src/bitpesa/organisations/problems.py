"""What organisations refuse."""

from bitpesa.kernel.problems import Problem


class AppExists(Problem):
    """The organisation already has an app in this environment"""
