//! Structures and their layout.
//!
//! Every structure of the contract is `#[repr(C)]` and has no hidden padding, which the zerocopy
//! derives prove. So each member begins where the one before it ends.

use anyhow::{Context, Result, bail, ensure};
use syn::{Expr, Fields, ItemStruct, Lit, Type};

use crate::constant::{integer_size, type_name};
use crate::item::{documentation, is_public};
use crate::names;

/// One structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Structure {
    /// Its name in Rust.
    pub name: String,
    /// Its documentation, in Markdown.
    pub documentation: String,
    /// Its members, in order.
    pub members: Vec<StructureMember>,
    /// Its length, in bytes.
    pub size: usize,
    /// Its alignment, in bytes.
    pub alignment: usize,
}

/// One member of a structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructureMember {
    /// Its name in Rust.
    pub name: String,
    /// Its documentation, in Markdown.
    pub documentation: String,
    /// Its type.
    pub shape: Shape,
    /// Where it begins, in bytes.
    pub offset: usize,
    /// Its length, in bytes.
    pub size: usize,
}

/// Type of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// An unsigned integer of this many bytes.
    Integer(usize),
    /// Unsigned integers of `size` bytes each.
    Array {
        /// Bytes of each.
        size: usize,
        /// Number of integers.
        count: usize,
    },
    /// The structure with this name.
    Structure(String),
}

impl Structure {
    /// Whether Windows declares it.
    #[must_use]
    pub fn is_of_windows(&self) -> bool {
        names::of_windows(&self.name).is_some()
    }

    /// Its name in C.
    #[must_use]
    pub fn c_name(&self) -> String {
        names::structure(&self.name)
    }
}

impl StructureMember {
    /// Whether it is padding that Windows' own declaration does not name.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.name.starts_with("reserved")
    }
}

/// A public structure with named members, without its layout; `None` for any other.
pub(crate) fn read(item: &ItemStruct) -> Result<Option<Structure>> {
    let Fields::Named(fields) = &item.fields else {
        return Ok(None);
    };
    if !is_public(&item.vis) || !crosses(item) {
        return Ok(None);
    }
    let members = fields
        .named
        .iter()
        .map(|field| {
            let name = field.ident.as_ref().context("a member has no name")?;
            Ok(StructureMember {
                name: name.to_string(),
                documentation: documentation(&field.attrs),
                shape: shape(&field.ty)
                    .with_context(|| format!("member {name} of {}", item.ident))?,
                offset: 0,
                size: 0,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Some(Structure {
        name: item.ident.to_string(),
        documentation: documentation(&item.attrs),
        members,
        size: 0,
        alignment: 0,
    }))
}

/// Structures of Windows that only the driver and the host use.
const NOT_OF_THE_CONTRACT: [&str; 1] = ["MibUnicastIpAddressRow"];

/// Whether the structure crosses between user and kernel: it derives `IntoBytes`.
fn crosses(item: &ItemStruct) -> bool {
    if NOT_OF_THE_CONTRACT.iter().any(|name| item.ident == name) {
        return false;
    }
    item.attrs.iter().any(|attribute| {
        let mut found = false;
        if attribute.path().is_ident("derive") {
            // Derives without arguments: nothing here can fail to parse.
            let _ = attribute.parse_nested_meta(|meta| {
                found |= meta.path.is_ident("IntoBytes");
                Ok(())
            });
        }
        found
    })
}

fn shape(ty: &Type) -> Result<Shape> {
    if let Some(size) = integer_size(ty) {
        return Ok(Shape::Integer(size));
    }
    match ty {
        Type::Array(array) => Ok(Shape::Array {
            size: integer_size(&array.elem).context("expected an array of integers")?,
            count: match &array.len {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Int(count) => count.base10_parse()?,
                    _ => bail!("expected a number as the length of an array"),
                },
                _ => bail!("expected a literal number as the length of an array"),
            },
        }),
        _ => Ok(Shape::Structure(
            type_name(ty).context("expected integers or a structure")?,
        )),
    }
}

/// Computes sizes, alignments and offsets.
pub(crate) fn lay_out(structures: &mut [Structure]) -> Result<()> {
    // Each pass lays out one more level of structures within structures.
    for _ in 0..structures.len() {
        for index in 0..structures.len() {
            let known: Vec<(String, usize, usize)> = structures
                .iter()
                .filter(|structure| structure.size > 0)
                .map(|known| (known.name.clone(), known.size, known.alignment))
                .collect();
            lay_out_one(&mut structures[index], &known);
        }
    }
    for structure in structures {
        ensure!(
            structure.size > 0,
            "{} has a member of an unknown structure",
            structure.name
        );
        let padded = structure.members.iter().any(|member| member.size == 0);
        ensure!(!padded, "{} has an empty member", structure.name);
    }
    Ok(())
}

/// Lays out one structure if the structures of its members are laid out.
fn lay_out_one(structure: &mut Structure, known: &[(String, usize, usize)]) {
    let mut alignment = 1;
    let mut offset = 0;
    for member in &mut structure.members {
        let (size, member_alignment) = match &member.shape {
            Shape::Integer(size) => (*size, *size),
            Shape::Array { size, count } => (size * count, *size),
            Shape::Structure(name) => match known.iter().find(|(known, ..)| known == name) {
                Some((_, size, alignment)) => (*size, *alignment),
                None => return,
            },
        };
        member.offset = offset;
        member.size = size;
        offset += size;
        alignment = alignment.max(member_alignment);
    }
    structure.size = offset;
    structure.alignment = alignment;
}
