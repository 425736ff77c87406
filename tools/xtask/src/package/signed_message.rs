//! A PKCS #7 message for signed content (RFC 2315), before anyone signs it.

use der::asn1::{Any, Null, ObjectIdentifier, SetOfVec};
use der::{EncodeValue, Result, Sequence, Tagged};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

/// `ContentInfo` with a `SignedData`.
#[derive(Sequence)]
pub(super) struct SignedMessage {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    content: SignedData,
}

impl SignedMessage {
    /// A message with `content` of type `kind`, without certificates and signers.
    pub(super) fn without_signer(
        kind: ObjectIdentifier,
        content: &(impl EncodeValue + Tagged),
    ) -> Result<Self> {
        Ok(Self {
            kind: SIGNED_DATA,
            content: SignedData {
                version: 1,
                digest_algorithms: SetOfVec::new(),
                content: Content {
                    kind,
                    value: Any::encode_from(content)?,
                },
                signers: SetOfVec::new(),
            },
        })
    }
}

/// `SignedData`, without its optional fields.
#[derive(Sequence)]
struct SignedData {
    version: u8,
    digest_algorithms: SetOfVec<Any>,
    content: Content,
    signers: SetOfVec<Any>,
}

/// The `ContentInfo` within a `SignedData`.
#[derive(Sequence)]
struct Content {
    kind: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    value: Any,
}

/// `AlgorithmIdentifier`
#[derive(Sequence)]
pub(super) struct Algorithm {
    kind: ObjectIdentifier,
    parameters: Null,
}

impl Algorithm {
    /// An algorithm without parameters.
    pub(super) fn new(kind: ObjectIdentifier) -> Self {
        Self {
            kind,
            parameters: Null,
        }
    }
}
