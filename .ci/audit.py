"""Ask whether a known vulnerability is among the pinned versions of a lock; fail only on a clear yes.

Whoever works offline, or behind a mirror that does not know about vulnerabilities, is told that nothing was learned.
"""

import json
import subprocess
import sys

NOT_CHECKED = "audit: NOT CHECKED, nobody could be asked about vulnerabilities"


def main(lock: str) -> int:
    """Print what was learned and return the exit status."""
    report = ask(lock)
    if report is None:
        print(NOT_CHECKED)
        return 0
    packages = report["dependencies"]
    answered = [package for package in packages if "vulns" in package]
    if not answered:
        print(f"{NOT_CHECKED} (the index answered for none of {len(packages)} packages)")
        return 0
    return tell(answered, len(packages))


def ask(lock: str) -> dict | None:
    """Run pip-audit on the lock alone: no resolving, no installing. None when it could not finish."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", lock, "--require-hashes", "--disable-pip"]
    options = ["--format", "json", "--progress-spinner", "off", "--desc", "off"]
    finished = subprocess.run([*command, *options], capture_output=True, text=True, check=False)  # noqa: S603 - no input but ours
    try:
        return json.loads(finished.stdout)
    except json.JSONDecodeError:
        lines = finished.stderr.strip().splitlines()
        print(lines[-1] if lines else "pip-audit said nothing")
        return None


def tell(answered: list[dict], packages: int) -> int:
    """Print every vulnerability with the version that ends it."""
    found = [(package, vuln) for package in answered for vuln in package["vulns"]]
    for package, vuln in found:
        versions = ", ".join(vuln["fix_versions"]) or "no version yet"
        print(f"audit: {package['name']} {package['version']}: {vuln['id']}, fixed in {versions}")
    print(f"audit: {len(found)} known vulnerabilities in {len(answered)} of {packages} packages asked about")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
