"""What administrators do: organisations, people, keys. The other rooms need `acting_party`."""

from yidan.parties.actions.clients import (
    ClientChanged,
    EnrolClient,
    enrol_client,
    enrolled,
    revoke_client,
    thumbprint,
)
from yidan.parties.actions.organisations import (
    OrganisationChanged,
    OrganisationPage,
    RegisterOrganisation,
    acting_party,
    found_organisation,
    list_organisations,
    manageable,
    register_organisation,
    see_organisation,
    suspend_organisation,
    verify_organisation,
)
from yidan.parties.actions.people import (
    AddPerson,
    PersonChanged,
    add_person,
    disable_person,
    enter_person,
    set_password,
)

__all__ = [
    "AddPerson",
    "ClientChanged",
    "EnrolClient",
    "OrganisationChanged",
    "OrganisationPage",
    "PersonChanged",
    "RegisterOrganisation",
    "acting_party",
    "add_person",
    "disable_person",
    "enrol_client",
    "enrolled",
    "enter_person",
    "found_organisation",
    "list_organisations",
    "manageable",
    "register_organisation",
    "revoke_client",
    "see_organisation",
    "set_password",
    "suspend_organisation",
    "thumbprint",
    "verify_organisation",
]
