# pragma version 0.4.3
# pragma evm-version prague
# pragma optimize gas
"""
@title Typed data
@license Apache-2.0
@notice EIP-712 domain of this ledger and the recovery of a signer from an EIP-2098 compact signature.
@dev The domain binds chain id and contract. Whoever caches it computes it anew when the chain id changed
     (a fork), so that a consent is valid for one (ledger, chain) only (I12).
"""

import reasons as why

NAME: constant(String[20]) = "Yidan release ledger"
VERSION: constant(String[1]) = "1"
DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
# Half of the order of secp256k1: of the two twins of a signature only the low one is taken (EIP-2).
HALF_ORDER: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168
LOW_255: constant(uint256) = 2**255 - 1

# 0x1901 of EIP-191, right-aligned in a word.
PREFIX: constant(uint256) = 6401


@internal
@view
def _compute_domain() -> bytes32:
    return keccak256(
        abi_encode(DOMAIN_TYPE, keccak256(NAME), keccak256(VERSION), chain.id, self)
    )


@internal
@pure
def _digest(domain: bytes32, struct_hash: bytes32) -> bytes32:
    """
    @notice What is signed: prefix, domain, struct (EIP-712).
    """
    # Words are encoded and cut, as this is a third cheaper than concatenating the 66 bytes.
    return keccak256(slice(abi_encode(PREFIX, domain, struct_hash), 30, 66))


@internal
@view
def _signer(struct_hash: bytes32, r: bytes32, vs: uint256) -> address:
    """
    @notice The address that signed the struct, or a revert: never the zero address.
    """
    s: uint256 = vs & LOW_255
    why._demand(s <= HALF_ORDER, why.HighS)
    signer: address = ecrecover(self._digest(self._compute_domain(), struct_hash), (vs >> 255) + 27, convert(r, uint256), s)
    why._demand(signer != empty(address), why.BadSignature)
    return signer
