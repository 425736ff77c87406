//! Pictures of the documentation: boxes in rows and bands, and arrows between boxes, drawn from a
//! text. See `docs/pictures/README.md`.

mod layout;
mod parse;
mod svg;

use anyhow::Result;

/// A picture as its text describes it.
#[derive(Debug, Default)]
struct Picture {
    title: String,
    bands: Vec<Band>,
    arrows: Vec<Arrow>,
}

/// Rows of boxes with a common name.
#[derive(Debug)]
struct Band {
    name: String,
    rows: Vec<Vec<Node>>,
}

/// One box.
#[derive(Debug)]
struct Node {
    id: String,
    title: String,
    note: String,
    weight: u32,
}

/// An arrow from one box to another.
#[derive(Debug)]
struct Arrow {
    from: String,
    to: String,
    label: String,
}

/// The picture that `text` describes, as SVG.
pub(crate) fn render(text: &str) -> Result<String> {
    let picture = parse::parse(text)?;
    Ok(svg::draw(&layout::place(&picture)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = "title T\nband \"Kernel\"\nrow\nbox a \"A\" \"first\"\nrow\nbox b \"B\"\narrow a b \"calls\"\n";

    #[test]
    fn boxes_and_arrows_are_drawn() {
        let svg = render(TWO).unwrap();
        assert_eq!(svg.matches("class=\"box\"").count(), 2);
        assert!(svg.contains(">calls</text>"), "{svg}");
    }

    #[test]
    fn an_arrow_to_an_unknown_box_is_refused() {
        let error = render(&format!("{TWO}arrow a c\n")).unwrap_err();
        assert_eq!(error.to_string(), "no box `c`");
    }

    #[test]
    fn an_unknown_word_is_refused_with_its_line() {
        let error = render("title T\ncircle a\n").unwrap_err();
        assert!(format!("{error:#}").contains("line 2"), "{error:#}");
    }
}
