"""The first tables, and the triggers that keep what was recorded."""

import sqlalchemy as sa
from alembic import op

from yidan.store.schema import protect

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply this version."""
    op.create_table(
        "alarm",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("raised_at", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "chain_block",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("parent_hash", sa.String(), nullable=False),
        sa.Column(
            "timestamp", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "chain_cursor",
        sa.Column("contract", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("contract"),
    )
    op.create_table(
        "chain_instruction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("nonce", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column(
            "block_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("block_hash", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.Text(), nullable=True),
        sa.Column("detail", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("chain_instruction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chain_instruction_kind"), ["kind"], unique=False)
        batch_op.create_index(batch_op.f("ix_chain_instruction_state"), ["state"], unique=False)

    op.create_table(
        "chain_log",
        sa.Column("block_hash", sa.String(), nullable=False),
        sa.Column("index", sa.Integer(), nullable=False),
        sa.Column(
            "block_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("transaction_hash", sa.String(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("unknown", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("block_hash", "index"),
    )
    with op.batch_alter_table("chain_log", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_chain_log_block_number"), ["block_number"], unique=False
        )

    op.create_table(
        "chain_relayed",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("instruction_id", sa.String(), nullable=False),
        sa.Column("batch", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    with op.batch_alter_table("chain_relayed", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_chain_relayed_instruction_id"), ["instruction_id"], unique=False
        )

    op.create_table(
        "chain_sender",
        sa.Column("chain_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column(
            "next_nonce", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.PrimaryKeyConstraint("chain_id", "address"),
    )
    op.create_table(
        "documents_document",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("json_sha256", sa.String(), nullable=False),
        sa.Column("issued_at", sa.Text(), nullable=False),
        sa.Column("issued_by", sa.String(), nullable=False),
        sa.Column("pdf_sha256", sa.String(), nullable=True),
        sa.Column("pdf_size", sa.Integer(), nullable=True),
        sa.Column("rendered_at", sa.Text(), nullable=True),
        sa.Column("voided_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("documents_document", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_documents_document_about"), ["about"], unique=False)
        batch_op.create_index(batch_op.f("ix_documents_document_number"), ["number"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_documents_document_pdf_sha256"), ["pdf_sha256"], unique=False
        )

    op.create_table(
        "event",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Text(), nullable=False),
        sa.Column("actor_party", sa.String(), nullable=False),
        sa.Column("actor_user", sa.String(), nullable=False),
        sa.Column("on_behalf_of", sa.String(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("event_id"),
        sa.UniqueConstraint("subject", "position"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_type"), ["type"], unique=False)

    op.create_table(
        "exchange_delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("party_id", sa.String(), nullable=False),
        sa.Column("adapter", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.Text(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("event_id", "party_id", "adapter"),
        info={"operational": True},
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("exchange_delivery", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_exchange_delivery_party_id"), ["party_id"], unique=False
        )

    op.create_table(
        "exchange_endpoint",
        sa.Column("party_id", sa.String(), nullable=False),
        sa.Column("adapter", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("party_id", "adapter"),
    )
    op.create_table(
        "gate_transaction",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("device_transaction_id", sa.String(), nullable=False),
        sa.Column("terminal", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("lane", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("driver_id", sa.String(), nullable=False),
        sa.Column("equipment_reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Text(), nullable=False),
        sa.Column("right_id", sa.String(), nullable=False),
        sa.Column("truck_visit_id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=True),
        sa.Column("expires_at", sa.Text(), nullable=True),
        sa.Column("recorded_at", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("decision_id"),
        sa.UniqueConstraint("device", "device_transaction_id"),
    )
    with op.batch_alter_table("gate_transaction", schema=None) as batch_op:
        batch_op.create_index(
            "gate_transaction_lane", ["terminal", "lane", "recorded_at"], unique=False
        )

    op.create_table(
        "gate_truck_visit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("terminal", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("driver_id", sa.String(), nullable=False),
        sa.Column("right_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("opened_at", sa.Text(), nullable=False),
        sa.Column("entered_at", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("gate_truck_visit", schema=None) as batch_op:
        batch_op.create_index(
            "gate_truck_visit_here",
            ["right_id"],
            unique=True,
            sqlite_where=sa.text("state = 'in_yard'"),
            postgresql_where=sa.text("state = 'in_yard'"),
        )
        batch_op.create_index("gate_truck_visit_plate", ["plate", "state"], unique=False)

    op.create_table(
        "idempotency",
        sa.Column("client", sa.String(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("client", "route", "key"),
    )
    with op.batch_alter_table("idempotency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_created_at"), ["created_at"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("partner", sa.String(), nullable=False),
        sa.Column("adapter", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("sha256_hex", sa.String(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("partner", "adapter", "reference"),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_inbox_partner"), ["partner"], unique=False)

    op.create_table(
        "lease",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "ledger_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("stopped_reason", sa.String(), nullable=False),
        sa.Column("since", sa.Text(), nullable=True),
        sa.Column("restored_from", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.Text(), nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("bls_aggregate", sa.LargeBinary(), nullable=False),
        sa.Column("bls_signers", sa.String(), nullable=False),
        sa.Column("cosigned_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("size"),
    )
    with op.batch_alter_table("log_checkpoint", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_log_checkpoint_cosigned_at"), ["cosigned_at"], unique=False
        )

    op.create_table(
        "log_tile",
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("index", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "index"),
    )
    op.create_table(
        "parties_agency",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("carrier_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("un_location_codes", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Text(), nullable=True),
        sa.Column("appointed_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("parties_agency", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parties_agency_agent_id"), ["agent_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_parties_agency_carrier_id"), ["carrier_id"], unique=False
        )

    op.create_table(
        "parties_assertion",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("jti", sa.String(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "jti"),
        info={"operational": True},
    )
    with op.batch_alter_table("parties_assertion", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_parties_assertion_expires_at"), ["expires_at"], unique=False
        )

    op.create_table(
        "parties_attempt",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        info={"operational": True},
    )
    op.create_table(
        "parties_client",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("key_id", sa.String(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key_id"),
    )
    with op.batch_alter_table("parties_client", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_parties_client_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "parties_identifier",
        sa.Column("identifier", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("identifier"),
    )
    with op.batch_alter_table("parties_identifier", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_parties_identifier_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "parties_involvement",
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("party_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "party_id", "role"),
    )
    with op.batch_alter_table("parties_involvement", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_parties_involvement_party_id"), ["party_id"], unique=False
        )

    op.create_table(
        "parties_looked_at",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("begun_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        info={"operational": True},
    )
    with op.batch_alter_table("parties_looked_at", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parties_looked_at_account"), ["account"], unique=False)
        batch_op.create_index(batch_op.f("ix_parties_looked_at_address"), ["address"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_parties_looked_at_begun_at"), ["begun_at"], unique=False
        )

    op.create_table(
        "parties_organisation",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("identifiers", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.Text(), nullable=False),
        sa.Column("registered_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "parties_password",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("person_id"),
        info={"operational": True},
    )
    op.create_table(
        "parties_person",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("sign_in_name", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("must_set_password", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("sign_in_name"),
    )
    with op.batch_alter_table("parties_person", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_parties_person_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "pint_document",
        sa.Column("ebl", sa.String(), nullable=False),
        sa.Column("checksum", sa.String(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ebl", "checksum"),
        info={"operational": True},
    )
    op.create_table(
        "pint_ebl",
        sa.Column("ebl", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("transfer_id", sa.String(), nullable=False),
        sa.Column("possessor_platform", sa.String(), nullable=False),
        sa.Column("possessor_id", sa.String(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("sending", sa.String(), nullable=False),
        sa.Column("stands", sa.String(), nullable=False),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("ebl"),
    )
    with op.batch_alter_table("pint_ebl", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pint_ebl_carrier"), ["carrier"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_pint_ebl_possessor_id"), ["possessor_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_pint_ebl_transport_document_reference"),
            ["transport_document_reference"],
            unique=False,
        )

    op.create_table(
        "pint_incoming",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("ebl", sa.String(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        info={"operational": True},
    )
    with op.batch_alter_table("pint_incoming", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pint_incoming_ebl"), ["ebl"], unique=False)

    op.create_table(
        "pint_outgoing",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("ebl", sa.String(), nullable=False),
        sa.Column("party_id", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        info={"operational": True},
    )
    with op.batch_alter_table("pint_outgoing", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pint_outgoing_ebl"), ["ebl"], unique=False)

    op.create_table(
        "pint_signer",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organisation_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("jwks", sa.String(), nullable=False),
        sa.Column("token_url", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    with op.batch_alter_table("pint_signer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_pint_signer_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "release_block",
        sa.Column("release_id", sa.String(), nullable=False),
        sa.Column("party_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("release_id", "party_id"),
    )
    op.create_table(
        "release_bulk_bill",
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("bill_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("tolerance_ppm", sa.Integer(), nullable=False),
        sa.Column(
            "outturn_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("title_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "ordered_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "stocked_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.PrimaryKeyConstraint("carrier", "transport_document_reference"),
    )
    op.create_table(
        "release_commercial",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("delivery_order_reference", sa.String(), nullable=False),
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("consignee", sa.String(), nullable=False),
        sa.Column("release_to", sa.String(), nullable=False),
        sa.Column("first_holder", sa.String(), nullable=False),
        sa.Column("first_holder_role", sa.String(), nullable=False),
        sa.Column("carrier_code", sa.String(), nullable=False),
        sa.Column("vessel_imo_number", sa.String(), nullable=False),
        sa.Column("voyage", sa.String(), nullable=False),
        sa.Column("terminal_location", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=False),
        sa.Column("valid_until", sa.Text(), nullable=False),
        sa.Column("letter_of_indemnity", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pending_update", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("carrier", "transport_document_reference", "delivery_order_reference"),
    )
    with op.batch_alter_table("release_commercial", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_commercial_state"), ["state"], unique=False)

    op.create_table(
        "release_consumption",
        sa.Column("visit_id", sa.String(), nullable=False),
        sa.Column("right_id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("consumed_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("visit_id"),
        sa.UniqueConstraint("decision_id"),
        sa.UniqueConstraint("right_id"),
    )
    op.create_table(
        "release_customs",
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("equipment_reference", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("as_of", sa.Text(), nullable=False),
        sa.Column("declaration_number", sa.String(), nullable=False),
        sa.Column(
            "released_quantity_kg",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
        ),
        sa.PrimaryKeyConstraint("carrier", "transport_document_reference", "equipment_reference"),
    )
    op.create_table(
        "release_hold",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("guardian", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("placed_by", sa.String(), nullable=False),
        sa.Column("placed_role", sa.String(), nullable=False),
        sa.Column("placed_at", sa.Text(), nullable=False),
        sa.Column("lifted_at", sa.Text(), nullable=True),
        sa.Column("why", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("release_hold", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_hold_guardian"), ["guardian"], unique=False)

    op.create_table(
        "release_line",
        sa.Column("release_id", sa.String(), nullable=False),
        sa.Column("equipment_reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("release_id", "equipment_reference"),
    )
    with op.batch_alter_table("release_line", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_release_line_equipment_reference"), ["equipment_reference"], unique=False
        )

    op.create_table(
        "release_lot",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("terminal", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("stockpile", sa.String(), nullable=False),
        sa.Column(
            "received_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "on_hand_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "pledged_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "reserved_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("stocked_at", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "on_hand_kg - pledged_kg - reserved_kg >= 0", name="lot_free_not_negative"
        ),
        sa.CheckConstraint("pledged_kg >= 0 AND reserved_kg >= 0", name="lot_parts_not_negative"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("release_lot", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_release_lot_transport_document_reference"),
            ["transport_document_reference"],
            unique=False,
        )

    op.create_table(
        "release_order",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lot_id", sa.String(), nullable=False),
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("nominee", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column(
            "ordered_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "delivered_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "task_reserved_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("valid_until", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "task_reserved_kg >= 0 AND ordered_kg - delivered_kg - task_reserved_kg >= 0",
            name="order_open_not_negative",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("release_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_order_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "release_pledge",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("lot_id", sa.String(), nullable=False),
        sa.Column("bank", sa.String(), nullable=False),
        sa.Column(
            "pledged_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.CheckConstraint("pledged_kg >= 0", name="pledge_not_negative"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("release_pledge", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_pledge_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "release_presentation",
        sa.Column("waybill_id", sa.String(), nullable=False),
        sa.Column("presentation", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("presented_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("waybill_id"),
    )
    op.create_table(
        "release_right",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column(
            "serial_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("release_id", sa.String(), nullable=False),
        sa.Column("visit_id", sa.String(), nullable=False),
        sa.Column("equipment_reference", sa.String(), nullable=False),
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since", sa.Text(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("offered_to", sa.String(), nullable=False),
        sa.Column("offer_expires_at", sa.Text(), nullable=True),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("driver_id", sa.String(), nullable=False),
        sa.Column("planned_at", sa.Text(), nullable=True),
        sa.Column("truck_visit_id", sa.String(), nullable=False),
        sa.Column("decision_id", sa.String(), nullable=False),
        sa.Column("claimed_until", sa.Text(), nullable=True),
        sa.CheckConstraint("(holder = '') = (state IN ('unassigned', 'void'))", name="one_holder"),
        sa.CheckConstraint(
            "(truck_visit_id <> '') = (state IN ('locked_at_gate', 'consumed'))", name="one_truck"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("serial_number"),
    )
    with op.batch_alter_table("release_right", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_release_right_equipment_reference"),
            ["equipment_reference"],
            unique=False,
        )
        batch_op.create_index(
            batch_op.f("ix_release_right_release_id"), ["release_id"], unique=False
        )
        batch_op.create_index("release_right_at_gate", ["plate", "state"], unique=False)
        batch_op.create_index(
            "release_right_live",
            ["visit_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'void'"),
            postgresql_where=sa.text("state <> 'void'"),
        )

    op.create_table(
        "release_task",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("lot_id", sa.String(), nullable=False),
        sa.Column("haulier", sa.String(), nullable=False),
        sa.Column("terminal", sa.String(), nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("driver_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("planned_net_kg", sa.Integer(), nullable=False),
        sa.Column("max_gross_kg", sa.Integer(), nullable=False),
        sa.Column("registered_tare_kg", sa.Integer(), nullable=False),
        sa.Column("tare_kg", sa.Integer(), nullable=True),
        sa.Column("ticket_id", sa.String(), nullable=False),
        sa.Column("gross_kg", sa.Integer(), nullable=True),
        sa.Column("net_kg", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("release_task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_release_task_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "release_task_open_plate",
            ["plate"],
            unique=True,
            sqlite_where=sa.text("state NOT IN ('delivered', 'aborted')"),
            postgresql_where=sa.text("state NOT IN ('delivered', 'aborted')"),
        )

    op.create_table(
        "release_visit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("terminal", sa.String(), nullable=False),
        sa.Column("equipment_reference", sa.String(), nullable=False),
        sa.Column("iso_equipment_code", sa.String(), nullable=False),
        sa.Column("vessel_imo_number", sa.String(), nullable=False),
        sa.Column("voyage", sa.String(), nullable=False),
        sa.Column("un_location_code", sa.String(), nullable=False),
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("further_bills", sa.Text(), nullable=False),
        sa.Column("seal_numbers", sa.Text(), nullable=False),
        sa.Column("gross_mass_kg", sa.Integer(), nullable=True),
        sa.Column("damage_codes", sa.Text(), nullable=False),
        sa.Column("expected_at", sa.Text(), nullable=False),
        sa.Column("discharge", sa.String(), nullable=False),
        sa.Column("discharged_at", sa.Text(), nullable=True),
        sa.Column("terminal_status", sa.String(), nullable=False),
        sa.Column("terminal_since", sa.Text(), nullable=True),
        sa.Column("charges", sa.String(), nullable=False),
        sa.Column("charges_since", sa.Text(), nullable=True),
        sa.Column("paid_through_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("equipment_reference", "vessel_imo_number", "voyage"),
    )
    with op.batch_alter_table("release_visit", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_release_visit_transport_document_reference"),
            ["transport_document_reference"],
            unique=False,
        )

    op.create_table(
        "subject",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "tally_item",
        sa.Column("vessel_visit_id", sa.String(), nullable=False),
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("equipment_reference", sa.String(), nullable=False),
        sa.Column("visit_id", sa.String(), nullable=False),
        sa.Column("iso_equipment_code", sa.String(), nullable=False),
        sa.Column("fullness", sa.String(), nullable=False),
        sa.Column("seal_numbers", sa.Text(), nullable=False),
        sa.Column("package_quantity", sa.Integer(), nullable=False),
        sa.Column(
            "listed_mass_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "gross_mass_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("seen_iso_equipment_code", sa.String(), nullable=False),
        sa.Column("seen_seal_numbers", sa.Text(), nullable=False),
        sa.Column("damage_codes", sa.Text(), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.Column("crane", sa.String(), nullable=False),
        sa.Column("discharged_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(
            "vessel_visit_id", "transport_document_reference", "equipment_reference"
        ),
    )
    op.create_table(
        "tally_vessel_visit",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("terminal_id", sa.String(), nullable=False),
        sa.Column("vessel_imo_number", sa.String(), nullable=False),
        sa.Column("vessel_name", sa.String(), nullable=False),
        sa.Column("voyage", sa.String(), nullable=False),
        sa.Column("un_location_code", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("listed_at", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=True),
        sa.Column("last_discharge_at", sa.Text(), nullable=True),
        sa.Column("completed_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("terminal_id", "vessel_imo_number", "voyage"),
    )
    op.create_table(
        "titles_instruction",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("deadline", sa.Text(), nullable=False),
        sa.Column("handle", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "consent_of", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("instructed_by", sa.String(), nullable=False),
        sa.Column("waybill_id", sa.String(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("document_commitment", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("instructed_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("titles_instruction", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_titles_instruction_instructed_by"), ["instructed_by"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_titles_instruction_order_id"), ["order_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_titles_instruction_state"), ["state"], unique=False)
        batch_op.create_index(batch_op.f("ix_titles_instruction_title"), ["title"], unique=False)

    op.create_table(
        "titles_office",
        sa.Column("office", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("office"),
    )
    op.create_table(
        "titles_order",
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("title", "number"),
    )
    with op.batch_alter_table("titles_order", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_titles_order_order_id"), ["order_id"], unique=False)

    op.create_table(
        "titles_party",
        sa.Column("handle", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("party_id", sa.String(), nullable=False),
        sa.Column("custody", sa.String(), nullable=False),
        sa.Column("wanted_key", sa.String(), nullable=False),
        sa.Column("possession", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("wanted_suspended", sa.Boolean(), nullable=False),
        sa.Column("standing_ask", sa.String(), nullable=False),
        sa.Column("standing_evidence", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("handle"),
        sa.UniqueConstraint("party_id"),
    )
    op.create_table(
        "titles_title",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("second", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ordered", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "collected", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("owner", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("holder", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("taker", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pledgee", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner_party", sa.String(), nullable=False),
        sa.Column("holder_party", sa.String(), nullable=False),
        sa.Column("taker_party", sa.String(), nullable=False),
        sa.Column("pledgee_party", sa.String(), nullable=False),
        sa.Column("offered_until", sa.Text(), nullable=True),
        sa.Column("holds", sa.Integer(), nullable=False),
        sa.Column("gates_required", sa.Integer(), nullable=False),
        sa.Column("gates_satisfied", sa.Integer(), nullable=False),
        sa.Column("pledged", sa.Boolean(), nullable=False),
        sa.Column("foreclosing", sa.Boolean(), nullable=False),
        sa.Column("issuer", sa.Integer(), nullable=False),
        sa.Column("issuer_party", sa.String(), nullable=False),
        sa.Column(
            "cleared_for", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("waybill_id", sa.String(), nullable=False),
        sa.Column("document_commitment", sa.String(), nullable=False),
        sa.Column("parents", sa.Text(), nullable=False),
        sa.Column(
            "block_number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("titles_title", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_titles_title_carrier"), ["carrier"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_titles_title_document_commitment"), ["document_commitment"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_titles_title_holder_party"), ["holder_party"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_titles_title_state"), ["state"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_titles_title_transport_document_reference"),
            ["transport_document_reference"],
            unique=False,
        )

    op.create_table(
        "waybill_about",
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("transport_document_reference", "subject"),
    )
    op.create_table(
        "waybill_equipment",
        sa.Column("waybill_id", sa.String(), nullable=False),
        sa.Column("equipment_reference", sa.String(), nullable=False),
        sa.Column("iso_equipment_code", sa.String(), nullable=False),
        sa.Column("fullness", sa.String(), nullable=False),
        sa.Column("billed_seal_numbers", sa.Text(), nullable=False),
        sa.Column("seal_numbers", sa.Text(), nullable=False),
        sa.Column("seal_differs", sa.Boolean(), nullable=False),
        sa.Column("package_quantity", sa.Integer(), nullable=False),
        sa.Column(
            "gross_mass_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("arrived_leg", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("waybill_id", "equipment_reference"),
    )
    with op.batch_alter_table("waybill_equipment", schema=None) as batch_op:
        batch_op.create_index("waybill_equipment_box", ["equipment_reference"], unique=False)

    op.create_table(
        "waybill_leg",
        sa.Column("waybill_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("carrier_identifier", sa.String(), nullable=False),
        sa.Column("carrier_id", sa.String(), nullable=False),
        sa.Column("from_location", sa.String(), nullable=False),
        sa.Column("to_location", sa.String(), nullable=False),
        sa.Column("planned_departure_at", sa.Text(), nullable=False),
        sa.Column("planned_arrival_at", sa.Text(), nullable=False),
        sa.Column("vessel_imo_number", sa.String(), nullable=False),
        sa.Column("vessel_name", sa.String(), nullable=False),
        sa.Column("voyage", sa.String(), nullable=False),
        sa.Column("train_number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("waybill_id", "sequence"),
    )
    op.create_table(
        "waybill_waiting_party",
        sa.Column("identifier", sa.String(), nullable=False),
        sa.Column("waybill_id", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("identifier", "waybill_id", "role"),
    )
    with op.batch_alter_table("waybill_waiting_party", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_waybill_waiting_party_waybill_id"), ["waybill_id"], unique=False
        )

    op.create_table(
        "waybill_waybill",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("transport_document_reference", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("carrier_id", sa.String(), nullable=False),
        sa.Column("agent_id", sa.String(), nullable=False),
        sa.Column("forwarder_id", sa.String(), nullable=False),
        sa.Column("main_leg", sa.Integer(), nullable=False),
        sa.Column("negotiable", sa.Boolean(), nullable=False),
        sa.Column("freight_payment", sa.String(), nullable=False),
        sa.Column("package_quantity", sa.Integer(), nullable=False),
        sa.Column(
            "gross_mass_kg", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("equipment_quantity", sa.Integer(), nullable=False),
        sa.Column("bulk", sa.Boolean(), nullable=False),
        sa.Column("parties", sa.Text(), nullable=False),
        sa.Column("document_id", sa.String(), nullable=False),
        sa.Column("submitted_at", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("carrier_id", "transport_document_reference"),
    )
    with op.batch_alter_table("waybill_waybill", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_waybill_waybill_transport_document_reference"),
            ["transport_document_reference"],
            unique=False,
        )

    op.create_table(
        "chain_attempt",
        sa.Column("transaction_hash", sa.String(), nullable=False),
        sa.Column(
            "instruction_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("nonce", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("fees_wei", sa.String(), nullable=False),
        sa.Column("signed_at", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.Text(), nullable=True),
        sa.Column("cancels", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["instruction_id"],
            ["chain_instruction.id"],
        ),
        sa.PrimaryKeyConstraint("transaction_hash"),
    )
    with op.batch_alter_table("chain_attempt", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_chain_attempt_instruction_id"), ["instruction_id"], unique=False
        )

    op.create_table(
        "erasure",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("erased_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["erased_by"],
            ["event.event_id"],
        ),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["event.event_id"],
        ),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_table(
        "event_content",
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["event.event_id"],
        ),
        sa.PrimaryKeyConstraint("event_id"),
    )
    op.create_table(
        "log_leaf",
        sa.Column("index", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("logged_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["event.event_id"],
        ),
        sa.PrimaryKeyConstraint("index"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("consumer", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.Text(), nullable=True),
        sa.Column("done_at", sa.Text(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["event.event_id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(
            "outbox_open",
            ["consumer", "id"],
            unique=False,
            sqlite_where=sa.text("done_at IS NULL"),
            postgresql_where=sa.text("done_at IS NULL"),
        )

    protect(op.get_bind())
