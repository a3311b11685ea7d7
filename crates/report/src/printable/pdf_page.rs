//! Pages, text and shapes of a PDF. Points from the top left corner of an A4 page, downwards.
//!
//! Always true: of each font only the glyphs used are in the file; every character can be selected and copied; one that the
//! fonts do not have is drawn as `U+FFFD`, a question mark in a diamond.

use super::colours::Colour;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use model::Timestamp;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Content, Date, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use std::collections::BTreeMap;
use std::io::Write;
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};

/// Size of a page.
pub(super) const PAGE: (f32, f32) = (595.28, 841.89);
/// Left and right of the text.
pub(super) const LEFT: f32 = 50.0;
pub(super) const RIGHT: f32 = PAGE.0 - 50.0;
const TOP: f32 = 54.0;
const BOTTOM: f32 = PAGE.1 - 64.0;

/// Drawn for characters that the fonts do not have.
const MISSING: char = '\u{fffd}';

const REGULAR: &[u8] = include_bytes!("../../assets/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/NotoSans-Bold.ttf");

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the PDF: {0}")]
pub struct PdfError(pub(super) String);

/// Which font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// Font, size in points, colour.
#[derive(Clone, Copy, Debug)]
pub(super) struct TextStyle {
    pub(super) weight: Weight,
    pub(super) size: f32,
    pub(super) colour: Colour,
}

struct Font {
    data: &'static [u8],
    face: Face<'static>,
    used: GlyphRemapper,
    /// The character of each glyph of the subset.
    stands_for: BTreeMap<u16, char>,
}

impl Font {
    fn new(data: &'static [u8]) -> Result<Self, PdfError> {
        let face = Face::parse(data, 0).map_err(|e| PdfError(format!("the font: {e}")))?;
        Ok(Self {
            data,
            face,
            used: GlyphRemapper::new(),
            stands_for: BTreeMap::new(),
        })
    }

    fn glyph(&self, c: char) -> (GlyphId, char) {
        let known = self.face.glyph_index(c).map(|glyph| (glyph, c));
        known.unwrap_or_else(|| {
            (
                self.face.glyph_index(MISSING).unwrap_or(GlyphId(0)),
                MISSING,
            )
        })
    }

    /// In thousandths of the size.
    fn advance(&self, glyph: GlyphId) -> f32 {
        let units = f32::from(self.face.units_per_em().max(1));
        f32::from(self.face.glyph_hor_advance(glyph).unwrap_or(0)) * 1000.0 / units
    }

    fn width(&self, text: &str, size: f32) -> f32 {
        text.chars()
            .map(|c| self.advance(self.glyph(c).0))
            .sum::<f32>()
            * size
            / 1000.0
    }

    fn encode(&mut self, text: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len() * 2);
        for c in text.chars() {
            let (glyph, c) = self.glyph(c);
            let number = self.used.remap(glyph.0);
            self.stands_for.entry(number).or_insert(c);
            out.extend(number.to_be_bytes());
        }
        out
    }
}

/// An embedded image.
struct Image {
    size: (u32, u32),
    jpeg: Vec<u8>,
}

/// Builder of the document, page by page.
pub(super) struct Canvas {
    fonts: [Font; 2],
    pages: Vec<Content>,
    images: Vec<Image>,
    /// Where the next thing goes.
    pub(super) y: f32,
}

impl Canvas {
    pub(super) fn new() -> Result<Self, PdfError> {
        Ok(Self {
            fonts: [Font::new(REGULAR)?, Font::new(BOLD)?],
            pages: vec![Content::new()],
            images: Vec::new(),
            y: TOP,
        })
    }

    fn last_page(&mut self) -> &mut Content {
        if self.pages.is_empty() {
            self.pages.push(Content::new());
        }
        let last = self.pages.len() - 1;
        &mut self.pages[last]
    }

    /// True when something was drawn that the fonts do not have.
    pub(super) fn has_missing(&self) -> bool {
        self.fonts
            .iter()
            .any(|font| font.stands_for.values().any(|c| *c == MISSING))
    }

    /// Begins a new page unless so much is left of this one; true when it did.
    pub(super) fn need_height(&mut self, height: f32) -> bool {
        if self.y + height <= BOTTOM {
            return false;
        }
        self.pages.push(Content::new());
        self.y = TOP;
        true
    }

    pub(super) fn text_width(&self, text: &str, style: TextStyle) -> f32 {
        self.fonts[style.weight as usize].width(text, style.size)
    }

    /// `text` as far as it fits; an ellipsis stands for the rest.
    pub(super) fn fit_text(&self, text: &str, width: f32, style: TextStyle) -> String {
        if self.text_width(text, style) <= width {
            return text.to_owned();
        }
        let room = width - self.text_width("…", style);
        let mut out = String::new();
        let mut used = 0.0;
        for c in text.chars() {
            used += self.text_width(c.encode_utf8(&mut [0; 4]), style);
            if used > room {
                break;
            }
            out.push(c);
        }
        format!("{}…", out.trim_end())
    }

    /// `text` in lines that fit; words that do not are cut.
    pub(super) fn wrap_text(&self, text: &str, width: f32, style: TextStyle) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut line = String::new();
        for word in text.split(' ') {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if self.text_width(&longer, style) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for c in word.chars() {
                line.push(c);
                if self.text_width(&line, style) > width {
                    line.pop();
                    lines.push(std::mem::take(&mut line));
                    line.push(c);
                }
            }
        }
        lines.push(line);
        lines
    }

    /// Text from `x` on, its base line at `y`.
    pub(super) fn draw_text(&mut self, x: f32, y: f32, text: &str, style: TextStyle) {
        let encoded = self.fonts[style.weight as usize].encode(text);
        let [r, g, b] = rgb(style.colour);
        let name = font_name(style.weight as usize);
        self.last_page()
            .begin_text()
            .set_fill_rgb(r, g, b)
            .set_font(Name(name.as_bytes()), style.size)
            .next_line(x, PAGE.1 - y)
            .show(Str(&encoded))
            .end_text();
    }

    /// Text that ends at `x`.
    pub(super) fn draw_text_to(&mut self, x: f32, y: f32, text: &str, style: TextStyle) {
        let width = self.text_width(text, style);
        self.draw_text(x - width, y, text, style);
    }

    pub(super) fn fill_rect(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Colour) {
        let [r, g, b] = rgb(colour);
        self.last_page()
            .set_fill_rgb(r, g, b)
            .rect(x, PAGE.1 - y - height, width, height)
            .fill_nonzero();
    }

    pub(super) fn draw_line(&mut self, from: (f32, f32), to: (f32, f32), colour: Colour) {
        let [r, g, b] = rgb(colour);
        self.last_page()
            .set_stroke_rgb(r, g, b)
            .set_line_width(0.6)
            .move_to(from.0, PAGE.1 - from.1)
            .line_to(to.0, PAGE.1 - to.1)
            .stroke();
    }

    /// Draws an image (an RGB JPEG of that many pixels) at a place of that size.
    pub(super) fn draw_image(
        &mut self,
        jpeg: &[u8],
        size: (u32, u32),
        at: (f32, f32),
        on_page: (f32, f32),
    ) {
        let name = image_name(self.images.len());
        self.images.push(Image {
            size,
            jpeg: jpeg.to_vec(),
        });
        self.last_page()
            .save_state()
            .transform([
                on_page.0,
                0.0,
                0.0,
                on_page.1,
                at.0,
                PAGE.1 - at.1 - on_page.1,
            ])
            .x_object(Name(name.as_bytes()))
            .restore_state();
    }

    /// The file. `foot` stands at the bottom of each page, with its number.
    pub(super) fn finish(
        mut self,
        title: &str,
        foot: &str,
        style: TextStyle,
        made: Timestamp,
    ) -> Result<Vec<u8>, PdfError> {
        let count = self.pages.len();
        let pages = std::mem::take(&mut self.pages);
        let mut contents = Vec::with_capacity(count);
        for (n, page) in (1..).zip(pages) {
            self.pages = vec![page];
            let y = PAGE.1 - 34.0;
            let left = self.fit_text(foot, RIGHT - LEFT - 80.0, style);
            self.draw_text(LEFT, y, &left, style);
            self.draw_text_to(RIGHT, y, &format!("{n} / {count}"), style);
            contents.extend(self.pages.pop());
        }
        self.write(title, contents, made)
    }

    fn write(
        self,
        title: &str,
        contents: Vec<Content>,
        made: Timestamp,
    ) -> Result<Vec<u8>, PdfError> {
        let mut next = 0;
        let mut id = || {
            next += 1;
            Ref::new(next)
        };
        let mut pdf = Pdf::new();
        let (catalog, tree, info) = (id(), id(), id());
        let fonts: Vec<[Ref; 5]> = self.fonts.iter().map(|_| [(); 5].map(|()| id())).collect();
        let images: Vec<Ref> = self.images.iter().map(|_| id()).collect();
        let pages: Vec<[Ref; 2]> = contents.iter().map(|_| [(); 2].map(|()| id())).collect();

        let mut root = pdf.catalog(catalog);
        root.pages(tree).lang(TextStr("en"));
        root.viewer_preferences().display_doc_title(true);
        root.finish();
        let mut about = pdf.document_info(info);
        about
            .title(TextStr(title))
            .creator(TextStr("uam"))
            .producer(TextStr("uam"));
        if let Some(date) = pdf_date(made) {
            about.creation_date(date);
        }
        about.finish();
        let count = i32::try_from(pages.len()).map_err(|e| PdfError(e.to_string()))?;
        pdf.pages(tree)
            .kids(pages.iter().map(|[page, _]| *page))
            .count(count);
        for ([page, content], drawn) in pages.iter().zip(contents) {
            let mut page = pdf.page(*page);
            page.media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1))
                .parent(tree)
                .contents(*content);
            let mut resources = page.resources();
            let mut named = resources.fonts();
            for (n, [font, ..]) in fonts.iter().enumerate() {
                named.pair(Name(font_name(n).as_bytes()), *font);
            }
            named.finish();
            let mut named = resources.x_objects();
            for (n, image) in images.iter().enumerate() {
                named.pair(Name(image_name(n).as_bytes()), *image);
            }
            named.finish();
            resources.finish();
            page.finish();
            let drawn = compress(&drawn.finish())?;
            pdf.stream(*content, &drawn).filter(Filter::FlateDecode);
        }
        for (ids, font) in fonts.iter().zip(&self.fonts) {
            embed_font(&mut pdf, *ids, font)?;
        }
        for (id, image) in images.iter().zip(&self.images) {
            let side = |n: u32| i32::try_from(n).map_err(|e| PdfError(e.to_string()));
            let (width, height) = (side(image.size.0)?, side(image.size.1)?);
            let mut object = pdf.image_xobject(*id, &image.jpeg);
            object.filter(Filter::DctDecode);
            object.width(width).height(height);
            object.color_space().device_rgb();
            object.bits_per_component(8);
            object.finish();
        }
        Ok(pdf.finish())
    }
}

fn embed_font(
    pdf: &mut Pdf,
    [font, cid, descriptor, cmap, file]: [Ref; 5],
    of: &Font,
) -> Result<(), PdfError> {
    let bold = of.face.is_bold();
    let full = if bold {
        "UAMAAA+NotoSans-Bold"
    } else {
        "UAMAAA+NotoSans-Regular"
    };
    let name = Name(full.as_bytes());
    let system = SystemInfo {
        registry: Str(b"Adobe"),
        ordering: Str(b"Identity"),
        supplement: 0,
    };
    let scale = |units: i16| f32::from(units) * 1000.0 / f32::from(of.face.units_per_em().max(1));
    pdf.type0_font(font)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid)
        .to_unicode(cmap);
    let mut widths = pdf.cid_font(cid);
    widths
        .subtype(CidFontType::Type2)
        .base_font(name)
        .system_info(system)
        .font_descriptor(descriptor)
        .default_width(0.0)
        .cid_to_gid_map_predefined(Name(b"Identity"));
    let advances = of.used.remapped_gids().map(|old| of.advance(GlyphId(old)));
    widths.widths().consecutive(0, advances);
    widths.finish();
    let bounds = of.face.global_bounding_box();
    pdf.font_descriptor(descriptor)
        .name(name)
        .flags(FontFlags::NON_SYMBOLIC)
        .bbox(Rect::new(
            scale(bounds.x_min),
            scale(bounds.y_min),
            scale(bounds.x_max),
            scale(bounds.y_max),
        ))
        .italic_angle(0.0)
        .ascent(scale(of.face.ascender()))
        .descent(scale(of.face.descender()))
        .cap_height(scale(of.face.capital_height().unwrap_or(714)))
        .stem_v(if bold { 120.0 } else { 80.0 })
        .font_file2(file);
    let mut stands_for = UnicodeCmap::new(Name(b"Custom"), system);
    for (glyph, c) in &of.stands_for {
        stands_for.pair(*glyph, *c);
    }
    let stands_for = compress(&stands_for.finish())?;
    pdf.stream(cmap, &stands_for).filter(Filter::FlateDecode);
    let subset =
        subsetter::subset(of.data, 0, &of.used).map_err(|e| PdfError(format!("the font: {e}")))?;
    let length = i32::try_from(subset.len()).map_err(|e| PdfError(e.to_string()))?;
    let subset = compress(&subset)?;
    let mut stream = pdf.stream(file, &subset);
    stream
        .filter(Filter::FlateDecode)
        .pair(Name(b"Length1"), length);
    Ok(())
}

fn compress(bytes: &[u8]) -> Result<Vec<u8>, PdfError> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::default());
    out.write_all(bytes)
        .and_then(|()| out.finish())
        .map_err(|e| PdfError(e.to_string()))
}

fn rgb(Colour(r, g, b): Colour) -> [f32; 3] {
    [r, g, b].map(|part| f32::from(part) / 255.0)
}

fn font_name(n: usize) -> String {
    format!("F{n}")
}

fn image_name(n: usize) -> String {
    format!("I{n}")
}

fn pdf_date(at: Timestamp) -> Option<Date> {
    let at = jiff::Timestamp::from_microsecond(at.as_micros())
        .ok()?
        .to_zoned(jiff::tz::TimeZone::UTC);
    let part = |n: i8| u8::try_from(n).ok();
    let date = Date::new(u16::try_from(at.year()).ok()?)
        .month(part(at.month())?)
        .day(part(at.day())?)
        .hour(part(at.hour())?)
        .minute(part(at.minute())?)
        .second(part(at.second())?);
    Some(date.utc_offset_hour(0))
}
