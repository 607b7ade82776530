"""What is refused to people."""

from bitpesa.kernel.problems import Problem


class AddressTaken(Problem):
    """Somebody has this e-mail address already"""


class TooManyOrganisations(Problem):
    """One user opens no more organisations than these"""


class AlreadyMember(Problem):
    """This user belongs to the organisation already"""
