"""What a run prints about the officers: what the suite says beside what was planted."""

from collections import Counter
from collections.abc import Mapping

from demo.tables import print_table
from demo.training.duties import DRILL_QUOTAS, ROLES
from demo.training.learning import TITLES
from demo.training.reading import SeenInRegistry
from demo.training.truth import Counts, TrainingTruth

Seen = Mapping[str, Counts]


def differences(truth: TrainingTruth, seen: Seen, registry: SeenInRegistry) -> list[str]:
    """Everything that is not exactly as it was planted, a sentence for each. Pure."""
    found = [
        f"{what} of {' '.join(cell)}: planted {planted[cell]}, shown {seen[what].get(cell, 0)}"
        for what, planted in truth.counts.items()
        for cell in sorted(planted.keys() | seen[what].keys())
        if planted[cell] != seen[what].get(cell, 0)
    ]
    for officer_id in sorted(truth.openers ^ registry.openers):
        word = "may not" if officer_id in truth.openers else "may"
        found.append(f"{officer_id} {word} open records")
    for agreement_id, status in truth.agreements.items():
        if registry.agreements.get(agreement_id) != status:
            found.append(f"{agreement_id} is {registry.agreements.get(agreement_id)}, planted {status}")
    return found


def print_standings(truth: TrainingTruth, seen: Seen) -> None:
    """How the officers stand to each requirement."""
    planted, shown = (_by_requirement(counts) for counts in (truth.counts["standings"], seen["standings"]))
    lines = [
        (f"{TITLES[of]}: {status}", f"{planted[of, status]}", f"{shown[of, status]}", verdict)
        for of, status in sorted(planted.keys() | shown.keys())
        for verdict in (_verdict(planted[of, status], shown[of, status]),)
    ]
    print_table(
        f"{len(truth.officers):,} officers on {truth.as_of}", ("requirement", "planted", "reporting", ""), lines
    )


def print_time(truth: TrainingTruth, seen: Seen) -> None:
    """How the officers' time was shared among the three roles."""
    planted, shown = (_by_role(counts) for counts in (truth.counts["minutes"], seen["minutes"]))
    lines = [
        (
            role,
            f"{planted[role]:,}",
            f"{shown[role]:,}",
            f"{shown[role] / shown.total():.0%}" if shown.total() else "",
            _verdict(planted[role], shown[role]),
        )
        for role in ROLES
    ]
    print_table("What they did", ("role", "minutes sent", "reporting", "of all", ""), lines)


def print_drills(truth: TrainingTruth, seen: Seen) -> None:
    """How many schools held the drills that are asked for."""
    planted, shown = truth.counts["quotas met"], seen["quotas met"]
    lines = [
        (type_, str(asked), f"{planted[type_,]:,}", f"{shown.get((type_,), 0):,}", verdict)
        for type_, asked in DRILL_QUOTAS.items()
        for verdict in (_verdict(planted[type_,], shown.get((type_,), 0)),)
    ]
    print_table("Drills", ("type", "asked a year", "schools that have them", "reporting", ""), lines)


def print_keys(truth: TrainingTruth, registry: SeenInRegistry) -> None:
    """Who may open records, and how the agreements stand."""
    verdict = _verdict(truth.openers, registry.openers)
    of_all = f"{len(registry.openers):,} of {len(truth.officers):,} officers"
    print(f"\nRecords may be opened by {of_all} (planted: {len(truth.openers):,})  {verdict}")
    print(f"Agreements: {', '.join(f'{name} {status}' for name, status in sorted(registry.agreements.items()))}")
    if registry.verification_url is not None:
        print(f"Anybody may verify a credential: {registry.verification_url}")


def print_verdict(wrong: list[str], lag: int, *, most: int = 5) -> bool:
    """Whether all is as planted, and what is not."""
    if lag:
        print(f"\nReporting is {lag:,} records behind and does not move.")
    if not wrong:
        print("\nMATCH: every standing, minute, drill and key of the officers is exactly as planted.")
        return True
    print(f"\nDIFFERS: {len(wrong):,} figures about officers are not as planted.")
    for sentence in wrong[:most]:
        print(f"  {sentence}")
    return False


def _verdict(planted: object, shown: object) -> str:
    return "MATCH" if planted == shown else "DIFFERS"


def _by_requirement(counts: Counts) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for (_, requirement_id, status), n in counts.items():
        found[requirement_id, status] += n
    return found


def _by_role(counts: Counts) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, role), n in counts.items():
        found[role] += n
    return found
