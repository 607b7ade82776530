"""The books as an auditor reads them: trial balance, export, and the check that every figure follows from the transfers."""
