//! The hardware ids that an INF file installs on.

use anyhow::{Result, bail};
use ini_core::{Item, Parser};

/// The hardware ids, in the order of the file, in lower case as in catalogs.
pub(super) fn of(inf: &str) -> Result<Vec<String>> {
    let mut models = Vec::new();
    for (section, _, value) in entries(inf) {
        if section.eq_ignore_ascii_case("Manufacturer") {
            let fields: Vec<_> = value.split(',').map(str::trim).collect();
            let (name, decorations) = fields.split_first().unwrap_or((&"", &[]));
            models.extend(decorations.iter().map(|end| format!("{name}.{end}")));
        }
    }
    let of_models = entries(inf).filter(|(section, ..)| {
        let mut models = models.iter();
        models.any(|model| model.eq_ignore_ascii_case(section))
    });
    let mut ids = Vec::new();
    for (.., value) in of_models {
        let fields = value.split(',').skip(1);
        ids.extend(fields.map(|id| id.trim().to_ascii_lowercase()));
    }
    ids.dedup();
    if ids.is_empty() {
        bail!("the INF file has no model with a hardware id");
    }
    Ok(ids)
}

/// Section, key and value of each entry that has all three.
fn entries(inf: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    let mut section = "";
    Parser::new(inf)
        .auto_trim(true)
        .filter_map(move |item| match item {
            Item::Section(name) => {
                section = name;
                None
            }
            Item::Property(key, Some(value)) => {
                let value = value.split(';').next().unwrap_or_default();
                Some((section, key, value))
            }
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_the_models_that_a_manufacturer_has() {
        let inf = "[Manufacturer]\n%M% = Standard, NTamd64.10.0...19041\n\
                   [Standard.NTamd64.10.0...19041]\n%D% = Install, Root\\One, PCI\\Two ; old\n\
                   [Other]\n%D% = Install, Root\\Three\n";
        assert_eq!(of(inf).unwrap(), ["root\\one", "pci\\two"]);
        assert!(of("[Manufacturer]\n%M% = Standard\n").is_err());
    }
}
