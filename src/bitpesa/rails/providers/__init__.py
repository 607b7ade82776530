"""Outside systems that move money: the port they all speak, the codes they answer with, one folder for each system.

May import: kernel.
"""
