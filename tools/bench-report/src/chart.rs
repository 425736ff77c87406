//! Pictures of figures, drawn by plotters.

mod bars;
mod curves;

use anyhow::{Context, Result};
pub use bars::{Bar, Bars};
pub use curves::{Curve, Curves, Scale};

use crate::style;

/// A picture, and the figures that are in it.
#[derive(Debug)]
pub enum Chart {
    /// A bar for each name.
    Bars(Bars),
    /// Curves over one axis.
    Curves(Curves),
}

impl Chart {
    /// The picture as SVG.
    pub(crate) fn draw(&self, title: &str) -> Result<String> {
        let (height, svg) = match self {
            Self::Bars(bars) => (bars.height(), bars.draw()?),
            Self::Curves(curves) => (Curves::HEIGHT, curves.draw()?),
        };
        let tag_end = svg.find("<svg").and_then(|tag| {
            let length = svg[tag..].find('>')?;
            Some(tag + length + 1)
        });
        let content = &svg[tag_end.context("plotters writes an SVG")?..];
        Ok(style::begin_svg(height, title) + content)
    }

    /// The figures as a table: its header and its rows.
    pub(crate) fn table(&self) -> (Vec<String>, Vec<Vec<String>>) {
        match self {
            Self::Bars(bars) => bars.table(),
            Self::Curves(curves) => curves.table(),
        }
    }
}

/// A figure for a reader: with a separator of thousands, and no more digits than say something.
pub(crate) fn readable(figure: f64) -> String {
    let decimals = match figure.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{figure:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut grouped = String::new();
    for (place, digit) in whole.char_indices() {
        let rest = whole.len() - place;
        if place > 0 && rest % 3 == 0 && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped = grouped + "." + fraction;
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_separators_and_few_digits() {
        for (figure, expected) in [
            (0.0, "0"),
            (0.254, "0.25"),
            (7.0, "7"),
            (12.34, "12.3"),
            (999.6, "1,000"),
            (1_234_567.8, "1,234,568"),
            (-1_234.0, "-1,234"),
        ] {
            assert_eq!(readable(figure), expected);
        }
    }
}
