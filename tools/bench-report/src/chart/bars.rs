//! A bar for each name, one below the other.

use anyhow::{Context, Result};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::readable;
use crate::style;

/// Height of a bar with its gap, and of what is above and below all bars.
const BAR: u32 = 26;
const AXIS: u32 = 56;

/// Bars that are compared with each other.
#[derive(Debug)]
pub struct Bars {
    /// What the figures count.
    pub unit: &'static str,
    /// What the marks mean; `None` if there are none.
    pub mark: Option<&'static str>,
    /// The bars, from top to bottom.
    pub bars: Vec<Bar>,
}

/// A bar, and a mark across it.
#[derive(Debug)]
pub struct Bar {
    /// What it stands for.
    pub name: String,
    /// Its length.
    pub figure: f64,
    /// Where the mark is, such as that of a budget.
    pub mark: Option<f64>,
}

impl Bars {
    pub(super) fn height(&self) -> u32 {
        let count = u32::try_from(self.bars.len()).unwrap_or(u32::MAX);
        count.saturating_mul(BAR).saturating_add(AXIS)
    }

    pub(super) fn draw(&self) -> Result<String> {
        let mut svg = String::new();
        let size = (style::WIDTH, self.height());
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let figures = self.bars.iter();
        let longest = figures
            .flat_map(|bar| [bar.figure, bar.mark.unwrap_or_default()])
            .fold(f64::MIN_POSITIVE, f64::max);
        // Room for the figure behind the longest bar.
        let end = longest * 1.15;
        let count = i32::try_from(self.bars.len().max(1)).context("the bars fit a picture")?;
        let mut chart = ChartBuilder::on(&area)
            .margin(10)
            .x_label_area_size(40)
            .y_label_area_size(300)
            .build_cartesian_2d(0.0..end, (0..count - 1).into_segmented())?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(style::GRID)
            .axis_style(style::INK)
            .x_desc(self.unit)
            .label_style(style::text())
            .axis_desc_style(style::text())
            .x_labels(6)
            .x_label_formatter(&|figure| readable(*figure))
            .y_labels(self.bars.len())
            .y_label_formatter(&|place| self.name(place))
            .draw()?;
        for (place, bar) in (0..).zip(self.bars.iter().rev()) {
            let (bottom, top) = (SegmentValue::Exact(place), SegmentValue::Exact(place + 1));
            let corners = [(0.0, bottom), (bar.figure, top)];
            let mut rectangle = Rectangle::new(corners, style::SERIES[0].filled());
            rectangle.set_margin(4, 4, 0, 0);
            chart.draw_series([rectangle])?;
            let text = style::text().pos(Pos::new(HPos::Left, VPos::Center));
            let behind = bar.figure.max(bar.mark.unwrap_or_default()) + longest * 0.01;
            let middle = (behind, SegmentValue::CenterOf(place));
            chart.draw_series([Text::new(readable(bar.figure), middle, text)])?;
            if let Some(mark) = bar.mark {
                let (bottom, top) = (SegmentValue::Exact(place), SegmentValue::Exact(place + 1));
                let line = PathElement::new([(mark, bottom), (mark, top)], mark_style());
                chart.draw_series([line])?;
            }
        }
        area.present()?;
        drop(chart);
        drop(area);
        Ok(svg)
    }

    /// The name beside a bar. The first bar is at the top, where the axis ends.
    fn name(&self, place: &SegmentValue<i32>) -> String {
        let SegmentValue::CenterOf(place) = place else {
            return String::new();
        };
        let place = usize::try_from(*place).unwrap_or_default();
        let bar = self.bars.iter().rev().nth(place);
        bar.map_or_else(String::new, |bar| bar.name.clone())
    }

    pub(super) fn table(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let header = [Some(""), Some(self.unit), self.mark];
        let header = header.into_iter().flatten().map(str::to_owned);
        let row = |bar: &Bar| {
            let mut row = vec![bar.name.clone(), readable(bar.figure)];
            if self.mark.is_some() {
                row.push(bar.mark.map_or_else(String::new, readable));
            }
            row
        };
        (header.collect(), self.bars.iter().map(row).collect())
    }
}

fn mark_style() -> ShapeStyle {
    style::SERIES[1].stroke_width(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars() -> Bars {
        let bar = |name: &str, figure, mark| Bar {
            name: name.into(),
            figure,
            mark,
        };
        Bars {
            unit: "instructions",
            mark: Some("budget"),
            bars: vec![bar("create", 790.0, Some(800.0)), bar("get", 682.0, None)],
        }
    }

    #[test]
    fn each_bar_has_its_name_and_its_figure() {
        let svg = bars().draw().unwrap();
        for text in ["create", "get", "790", "682", "instructions"] {
            assert!(svg.contains(&format!("\n{text}\n")), "{text}: {svg}");
        }
        let top = |text: &str| -> u32 {
            let (before, _) = svg.split_once(&format!("\n{text}\n")).unwrap();
            let (_, top) = before.rsplit_once(" y=\"").unwrap();
            top.split('"').next().unwrap().parse().unwrap()
        };
        assert!(top("create") < top("get"), "{svg}");
        assert!(top("790") < top("682"), "{svg}");
    }

    #[test]
    fn the_table_has_a_column_for_the_marks() {
        let (header, rows) = bars().table();
        assert_eq!(header, ["", "instructions", "budget"]);
        assert_eq!(rows, [["create", "790", "800"], ["get", "682", ""]]);
    }
}
