//! A catalog: the list of a package's files by their hashes, as `inf2cat` makes it for Windows 10
//! and later (version 2, SHA-256).
//!
//! It is a certificate trust list in a PKCS #7 message, which is signed later. Each member's
//! identifier is its hash. Windows searches by it, so the members are sorted by it.

use der::asn1::{Any, BitString, BmpString, OctetString, SetOfVec, UtcTime};
use der::oid::ObjectIdentifier;
use der::{DateTime, Encode, Result, Sequence, Tag, TagNumber, ValueOrd};

use super::image_hash;
use super::signed_message::{Algorithm, SignedMessage};

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

// Microsoft's, with their names in wincrypt.h and wintrust.h.
const CTL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.10.1");
const CATALOG_LIST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.12.1.1");
const CATALOG_LIST_MEMBER_2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.12.1.3");
const CAT_NAME_VALUE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.12.2.1");
const CAT_MEMBER_INFO_2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.12.2.3");
const SPC_INDIRECT_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.4");
const SPC_PE_IMAGE_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.15");
const SPC_CAB_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.311.2.1.25");

/// Names and values are signed, and are text.
const FLAGS: u32 = 0x1001_0001;

/// The systems that the package is for: Windows 10 and later on x86-64.
const SYSTEMS: &str = "_v100_X64";

/// The same for each member: Windows NT ("2"), from 10.0 on.
const MEMBER_SYSTEMS: &str = "2:10.0";

/// The content of a catalog.
pub(super) struct Catalog {
    pub(super) date: DateTime,
    pub(super) hardware_ids: Vec<String>,
    pub(super) members: Vec<Member>,
}

/// A file of the package.
pub(super) struct Member {
    name: &'static str,
    hash: [u8; 32],
    is_image: bool,
}

impl Member {
    /// An image, with its Authenticode hash.
    pub(super) fn image(name: &'static str, bytes: &[u8]) -> anyhow::Result<Self> {
        Ok(Self {
            name,
            hash: image_hash::authenticode(bytes)?,
            is_image: true,
        })
    }

    /// Any other file, with the hash of its bytes.
    pub(super) fn file(name: &'static str, bytes: &[u8]) -> Self {
        Self {
            name,
            hash: image_hash::flat(bytes),
            is_image: false,
        }
    }

    fn subject(&self) -> Result<TrustedSubject> {
        let kind = TagNumber(if self.is_image { 0 } else { 2 });
        let attributes = [
            attribute(CAT_MEMBER_INFO_2, &tagged(kind, false, &[])?)?,
            attribute(CAT_NAME_VALUE, &NameValue::new("File", self.name)?)?,
            attribute(CAT_NAME_VALUE, &NameValue::new("OSAttr", MEMBER_SYSTEMS)?)?,
            attribute(SPC_INDIRECT_DATA, &self.indirect_data()?)?,
        ];
        Ok(TrustedSubject {
            identifier: OctetString::new(self.hash)?,
            attributes: SetOfVec::try_from(attributes)?,
        })
    }

    fn indirect_data(&self) -> Result<IndirectData> {
        // A link to a file whose name is empty.
        let link = tagged(TagNumber(2), true, &[0x80, 0])?;
        let data = if self.is_image {
            // The hash covers the resources and the import address table.
            let flags = BitString::new(5, [0b1010_0000])?;
            TypeAndValue {
                kind: SPC_PE_IMAGE_DATA,
                value: Any::encode_from(&PeImageData { flags, file: link })?,
            }
        } else {
            TypeAndValue {
                kind: SPC_CAB_DATA,
                value: link,
            }
        };
        Ok(IndirectData {
            data,
            digest: DigestInfo {
                algorithm: Algorithm::new(SHA256),
                digest: OctetString::new(self.hash)?,
            },
        })
    }
}

impl Catalog {
    /// The catalog's bytes.
    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        SignedMessage::without_signer(CTL, &self.list()?)?.to_der()
    }

    fn list(&self) -> Result<TrustList> {
        let mut members: Vec<_> = self.members.iter().collect();
        members.sort_by_key(|member| member.hash);
        let mut extensions = vec![extension("OS", SYSTEMS)?];
        for (index, id) in self.hardware_ids.iter().enumerate() {
            extensions.push(extension(&format!("HWID{}", index + 1), id)?);
        }
        // Any 16 bytes that other catalogs do not have.
        let hashes: Vec<u8> = members.iter().flat_map(|member| member.hash).collect();
        let identifier = image_hash::flat(&hashes)[..16].to_vec();
        Ok(TrustList {
            usage: vec![CATALOG_LIST],
            identifier: OctetString::new(identifier)?,
            this_update: UtcTime::from_date_time(self.date)?,
            algorithm: Algorithm::new(CATALOG_LIST_MEMBER_2),
            subjects: members
                .into_iter()
                .map(Member::subject)
                .collect::<Result<_>>()?,
            extensions,
        })
    }
}

/// `CertificateTrustList`
#[derive(Sequence)]
struct TrustList {
    usage: Vec<ObjectIdentifier>,
    identifier: OctetString,
    this_update: UtcTime,
    algorithm: Algorithm,
    subjects: Vec<TrustedSubject>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    extensions: Vec<Extension>,
}

/// `TrustedSubject`
#[derive(Sequence)]
struct TrustedSubject {
    identifier: OctetString,
    attributes: SetOfVec<Attribute>,
}

/// `Attribute` of X.501.
#[derive(Sequence, ValueOrd)]
struct Attribute {
    kind: ObjectIdentifier,
    values: SetOfVec<Any>,
}

/// `Extension` of X.509, not critical.
#[derive(Sequence)]
struct Extension {
    kind: ObjectIdentifier,
    value: OctetString,
}

/// `CAT_NAMEVALUE`: the value is UTF-16 with a zero at its end.
#[derive(Sequence)]
struct NameValue {
    name: BmpString,
    flags: u32,
    value: OctetString,
}

impl NameValue {
    fn new(name: &str, value: &str) -> Result<Self> {
        let words = value.encode_utf16().chain([0]);
        let value: Vec<u8> = words.flat_map(u16::to_le_bytes).collect();
        Ok(Self {
            name: BmpString::from_utf8(name)?,
            flags: FLAGS,
            value: OctetString::new(value)?,
        })
    }
}

/// `SpcIndirectDataContent`
#[derive(Sequence)]
struct IndirectData {
    data: TypeAndValue,
    digest: DigestInfo,
}

/// `SpcAttributeTypeAndOptionalValue`
#[derive(Sequence)]
struct TypeAndValue {
    kind: ObjectIdentifier,
    value: Any,
}

/// `SpcPeImageData`
#[derive(Sequence)]
struct PeImageData {
    flags: BitString,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    file: Any,
}

/// `DigestInfo`
#[derive(Sequence)]
struct DigestInfo {
    algorithm: Algorithm,
    digest: OctetString,
}

fn attribute(
    kind: ObjectIdentifier,
    value: &(impl der::EncodeValue + der::Tagged),
) -> Result<Attribute> {
    Ok(Attribute {
        kind,
        values: SetOfVec::try_from([Any::encode_from(value)?])?,
    })
}

fn extension(name: &str, value: &str) -> Result<Extension> {
    Ok(Extension {
        kind: CAT_NAME_VALUE,
        value: OctetString::new(NameValue::new(name, value)?.to_der()?)?,
    })
}

fn tagged(number: TagNumber, constructed: bool, content: &[u8]) -> Result<Any> {
    let tag = Tag::ContextSpecific {
        constructed,
        number,
    };
    Any::new(tag, content)
}
