"""A terminal, another one, customs, and a vessel that should bring three boxes and some ore."""

from types import SimpleNamespace

import pytest

from yidan.kernel.events import SYSTEM, Actor
from yidan.kernel.reasons import Role
from yidan.parties.actions import RegisterOrganisation, found_organisation
from yidan.parties.events import OrganisationVerified
from yidan.store import edge
from yidan.tally import actions
from yidan.tally.events import ManifestLine


def line(box, bill="EOC001", *, seals=("S1",), mass_kg=20_000, packages=10, code="22G1"):
    return ManifestLine(
        transport_document_reference=bill,
        equipment_reference=box,
        iso_equipment_code=code if box else "",
        fullness="full" if box else "",
        seal_numbers=seals if box else (),
        package_quantity=packages if box else 0,
        gross_mass_kg=mass_kg,
    )


LINES = (
    line("CSQU3054383"),
    line("COSU6123451", seals=("S2", "S3")),
    line("TRHU4588170", "EOC002", seals=()),
    line("TRHU4588170", "EOC003", seals=(), mass_kg=2_000, packages=1),
    line("", "ORE001", mass_kg=74_850_000),
)


class Quay:
    """A database with parties; acts for any of them by name."""

    def __init__(self, workshop):
        self.services = SimpleNamespace(unit_of_work=workshop.open)
        self.ids = {}
        for name, role in (
            ("terminal", Role.TERMINAL),
            ("other terminal", Role.TERMINAL),
            ("customs", Role.CUSTOMS),
            ("carrier", Role.CARRIER),
        ):
            command = RegisterOrganisation(name=name, roles=(role,), identifiers=())
            self.ids[name] = edge.run(
                self.services, SYSTEM, lambda uow, c=command: verified(c, uow)
            )

    def do(self, name, action, command):
        actor = Actor(party=self.ids[name])
        return edge.run(self.services, actor, lambda uow: action(command, uow))

    def see(self, name, look):
        with self.services.unit_of_work(Actor(party=self.ids[name]), reading=True) as uow:
            return look(uow)

    def list(self, lines=LINES, name="terminal", voyage="062E", **changes):
        command = actions.ListManifest(
            vessel_imo_number="9795426",
            vessel_name="EAST OCEAN HARMONY",
            voyage=voyage,
            un_location_code="CNLYG",
            lines=tuple(lines),
        )
        for field, value in changes.items():
            object.__setattr__(command, field, value)
        return self.do(name, actions.list_manifest, command)


def verified(command, uow):
    organisation = found_organisation(command, uow).organisation
    happened = OrganisationVerified(organisation_id=organisation.id)
    uow.record(f"organisation:{organisation.id}", happened)
    return organisation.id


@pytest.fixture
def quay(workshop):
    return Quay(workshop)
