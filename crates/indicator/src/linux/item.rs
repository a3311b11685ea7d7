//! The item: what a panel asks of it.

use super::dbusmenu;
use super::variant::{Pixmap, Properties, Value};
use crate::icon::pixels;
use crate::status::{Shown, Sign};

pub(super) const ITEM: &str = "org.kde.StatusNotifierItem";
pub(super) const ITEM_PATH: &str = "/StatusNotifierItem";

/// Sizes in which the icon is offered: those of common panels, and twice the commonest.
const SIZES: [u16; 5] = [16, 22, 24, 32, 48];

/// What a panel finds out by itself about the item.
pub(super) const INTROSPECTION: &str = r#"<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
<node><interface name="org.kde.StatusNotifierItem">
<property name="Category" type="s" access="read"/><property name="Id" type="s" access="read"/>
<property name="Title" type="s" access="read"/><property name="Status" type="s" access="read"/>
<property name="WindowId" type="i" access="read"/><property name="IconThemePath" type="s" access="read"/>
<property name="IconName" type="s" access="read"/><property name="IconPixmap" type="a(iiay)" access="read"/>
<property name="IconAccessibleDesc" type="s" access="read"/>
<property name="OverlayIconName" type="s" access="read"/><property name="OverlayIconPixmap" type="a(iiay)" access="read"/>
<property name="AttentionIconName" type="s" access="read"/>
<property name="AttentionIconPixmap" type="a(iiay)" access="read"/>
<property name="AttentionMovieName" type="s" access="read"/><property name="ToolTip" type="(sa(iiay)ss)" access="read"/>
<property name="ItemIsMenu" type="b" access="read"/><property name="Menu" type="o" access="read"/>
<method name="ContextMenu"><arg name="x" type="i" direction="in"/><arg name="y" type="i" direction="in"/></method>
<method name="Activate"><arg name="x" type="i" direction="in"/><arg name="y" type="i" direction="in"/></method>
<method name="SecondaryActivate"><arg name="x" type="i" direction="in"/><arg name="y" type="i" direction="in"/></method>
<method name="Scroll"><arg name="delta" type="i" direction="in"/><arg name="orientation" type="s" direction="in"/></method>
<signal name="NewTitle"/><signal name="NewIcon"/><signal name="NewAttentionIcon"/><signal name="NewOverlayIcon"/>
<signal name="NewToolTip"/><signal name="NewStatus"><arg name="status" type="s"/></signal>
</interface></node>"#;

/// What changes with what is shown.
pub(super) const CHANGES: [&str; 2] = ["NewIcon", "NewToolTip"];

/// Every property.
pub(super) fn properties(shown: &Shown) -> Properties {
    let none = || Value::text("");
    Properties::from([
        ("Category", Value::text("ApplicationStatus")),
        ("Id", Value::text("uam")),
        ("Title", Value::text("User Activity Monitor")),
        // Never "Passive": panels hide what is.
        ("Status", Value::text("Active")),
        ("WindowId", Value::Number(0)),
        ("IconThemePath", none()),
        ("IconName", none()),
        ("IconPixmap", Value::Pixmaps(pixmaps(shown.sign))),
        // Read out by panels that know it.
        ("IconAccessibleDesc", Value::text(&shown.headline)),
        ("OverlayIconName", none()),
        ("OverlayIconPixmap", Value::Pixmaps(Vec::new())),
        ("AttentionIconName", none()),
        ("AttentionIconPixmap", Value::Pixmaps(Vec::new())),
        ("AttentionMovieName", none()),
        (
            "ToolTip",
            Value::Tip(
                String::new(),
                Vec::new(),
                "User Activity Monitor".to_owned(),
                markup(&shown.headline),
            ),
        ),
        ("ItemIsMenu", Value::Flag(true)),
        ("Menu", Value::Path(dbusmenu::MENU_PATH)),
    ])
}

fn pixmaps(sign: Sign) -> Vec<Pixmap> {
    let drawn = |size: u16| {
        let pixels = pixels(sign, size);
        let bytes = pixels.iter().flat_map(|[r, g, b, a]| [*a, *r, *g, *b]);
        (i32::from(size), i32::from(size), bytes.collect())
    };
    SIZES.into_iter().map(drawn).collect()
}

/// `text` where a reader takes some of it for markup.
pub(super) fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_markup() {
        assert_eq!(
            markup("<b>\"A\" & 'B'</b>"),
            "&lt;b&gt;&quot;A&quot; &amp; &apos;B&apos;&lt;/b&gt;"
        );
    }

    #[test]
    fn pictures_are_argb_in_network_order() {
        for (width, height, bytes) in pixmaps(Sign::Active) {
            assert_eq!(width, height);
            assert_eq!(bytes.len(), 4 * (width * height) as usize);
            // The middle of a filled dot.
            let middle = 4 * (height / 2 * width + width / 2) as usize;
            assert_eq!(bytes[middle..middle + 4], [0xff, 0xe0, 0x2f, 0x2f]);
        }
    }
}
