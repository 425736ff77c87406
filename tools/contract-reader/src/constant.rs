//! Constants of the contract.

use std::fmt;

use anyhow::{Context, Result};
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, BinOp, Expr, Ident, ImplItem, ItemConst, ItemImpl, Lit, LitInt, Macro, Token, Type,
};

use crate::item::{documentation, is_public};

/// One constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constant {
    /// Its name, for example `ABI_VERSION` or `AddressFamily::IPV4`.
    pub name: String,
    /// Its documentation, in Markdown.
    pub documentation: String,
    /// Its value.
    pub value: ConstantValue,
}

/// The value of a constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstantValue {
    /// A number.
    Number {
        /// The number.
        value: u64,
        /// Whether its type has 64 bits.
        wide: bool,
    },
    /// A text.
    Text(String),
}

impl fmt::Display for ConstantValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { value, .. } => write!(formatter, "{value}"),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

/// Constants of Windows that only the driver and the host use: their structure is not part of the
/// contract either.
const NOT_OF_THE_CONTRACT: [&str; 6] = [
    "DEFAULT_COMPARTMENT",
    "DAD_STATE_INVALID",
    "DAD_STATE_DUPLICATE",
    "DAD_STATE_PREFERRED",
    "ORIGIN_DHCP",
    "ORIGIN_ROUTER_ADVERTISEMENT",
];

/// A public constant of the contract; `None` if it is private, not of the contract, or neither
/// number nor text.
pub(crate) fn read(item: &ItemConst) -> Result<Option<Constant>> {
    if !is_public(&item.vis) || NOT_OF_THE_CONTRACT.iter().any(|name| item.ident == name) {
        return Ok(None);
    }
    let value = match (integer_size(&item.ty), item.expr.as_ref()) {
        (Some(size), expression) => ConstantValue::Number {
            value: evaluate(expression).with_context(|| {
                format!("{}: expected a number, a shift or `u32::MAX`", item.ident)
            })?,
            wide: size == size_of::<u64>(),
        },
        (None, Expr::Lit(literal)) => match &literal.lit {
            Lit::Str(text) => ConstantValue::Text(text.value()),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    Ok(Some(Constant {
        name: item.ident.to_string(),
        documentation: documentation(&item.attrs),
        value,
    }))
}

/// The public constants of a newtype: `pub const NAME: Self = Self(1);`.
pub(crate) fn associated(item: &ItemImpl) -> Vec<Constant> {
    let Some(owner) = type_name(&item.self_ty) else {
        return Vec::new();
    };
    item.items
        .iter()
        .filter_map(|item| match item {
            ImplItem::Const(item) if is_public(&item.vis) => {
                let value = wrapped(&item.expr)?;
                Some(Constant {
                    name: format!("{owner}::{}", item.ident),
                    documentation: documentation(&item.attrs),
                    value: ConstantValue::Number {
                        value,
                        wide: u32::try_from(value).is_err(),
                    },
                })
            }
            _ => None,
        })
        .collect()
}

/// The causes, in the syntax of the macro that declares them.
pub(crate) fn causes(item: &Macro) -> Result<Vec<Constant>> {
    let causes: DeclaredCauses = item
        .parse_body()
        .context("the list of causes has another form")?;
    causes
        .0
        .iter()
        .map(|cause| {
            Ok(Constant {
                name: cause.name.to_string(),
                documentation: documentation(&cause.attributes),
                value: ConstantValue::Number {
                    value: cause.number.base10_parse()?,
                    wide: false,
                },
            })
        })
        .collect()
}

struct DeclaredCauses(Vec<DeclaredCause>);

struct DeclaredCause {
    attributes: Vec<Attribute>,
    name: Ident,
    number: LitInt,
}

impl Parse for DeclaredCauses {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut causes = Vec::new();
        while !input.is_empty() {
            let attributes = Attribute::parse_outer(input)?;
            let name = input.parse()?;
            input.parse::<Token![=]>()?;
            let number = input.parse()?;
            input.parse::<Token![;]>()?;
            causes.push(DeclaredCause {
                attributes,
                name,
                number,
            });
        }
        Ok(Self(causes))
    }
}

/// Bytes of an unsigned integer; `None` if the type is another.
pub(crate) fn integer_size(ty: &Type) -> Option<usize> {
    match type_name(ty)?.as_str() {
        "u8" => Some(1),
        "u16" => Some(2),
        "u32" => Some(4),
        "u64" => Some(8),
        _ => None,
    }
}

/// The name of a type that has one.
pub(crate) fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        _ => None,
    }
}

/// The number in `Self(number)`.
fn wrapped(expression: &Expr) -> Option<u64> {
    match expression {
        Expr::Call(call) => evaluate(call.args.first()?),
        _ => None,
    }
}

/// The value of a constant's expression: a number, a shift, or `u32::MAX`.
fn evaluate(expression: &Expr) -> Option<u64> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        Expr::Binary(binary) => match binary.op {
            BinOp::Shl(_) => {
                evaluate(&binary.left)?.checked_shl(u32::try_from(evaluate(&binary.right)?).ok()?)
            }
            _ => None,
        },
        Expr::Path(path) => {
            let words: Vec<String> = path
                .path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect();
            match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                ["u8", "MAX"] => Some(u8::MAX.into()),
                ["u16", "MAX"] => Some(u16::MAX.into()),
                ["u32", "MAX"] => Some(u32::MAX.into()),
                ["u64", "MAX"] => Some(u64::MAX),
                _ => None,
            }
        }
        _ => None,
    }
}
