//! From the text of a picture to its parts.

use anyhow::{Context, Result, bail};

use super::{Arrow, Band, Node, Picture};

/// Reads a picture: one item a line, `#` begins a comment.
pub(super) fn parse(text: &str) -> Result<Picture> {
    let mut picture = Picture::default();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if !line.is_empty() && !line.starts_with('#') {
            item(&mut picture, line).with_context(|| format!("line {}: {line}", index + 1))?;
        }
    }
    Ok(picture)
}

fn item(picture: &mut Picture, line: &str) -> Result<()> {
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    if word == "title" {
        rest.clone_into(&mut picture.title);
        return Ok(());
    }
    let mut words = words(rest)?.into_iter();
    let mut next = || words.next();
    match word {
        "band" => picture.bands.push(Band {
            name: next().unwrap_or_default(),
            rows: Vec::new(),
        }),
        "row" => {
            let band = picture.bands.last_mut().context("expected a band before")?;
            band.rows.push(Vec::new());
        }
        "box" => {
            let row = picture
                .bands
                .last_mut()
                .and_then(|band| band.rows.last_mut());
            row.context("expected a row before")?.push(Node {
                id: next().context("expected an identifier")?,
                title: next().context("expected a title")?,
                note: next().unwrap_or_default(),
                weight: next().map_or(Ok(2), |weight| weight.parse())?,
            });
        }
        "arrow" => picture.arrows.push(Arrow {
            from: next().context("expected the box that it begins at")?,
            to: next().context("expected the box that it ends at")?,
            label: next().unwrap_or_default(),
        }),
        _ => bail!("expected title, band, row, box or arrow"),
    }
    Ok(())
}

/// Words, and texts in quotation marks.
fn words(line: &str) -> Result<Vec<String>> {
    let mut words = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    if line.matches('"').count() % 2 == 1 {
        bail!("a quotation mark is not closed");
    }
    Ok(words)
}
