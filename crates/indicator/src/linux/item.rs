//! The item: the properties that a panel reads.

use super::dbusmenu;
use super::variant::{BusValue, Pixmap, Properties};
use crate::icon::render_icon;
use crate::status::{IconState, IndicatorStatus};

pub(super) const ITEM: &str = "org.kde.StatusNotifierItem";
pub(super) const ITEM_PATH: &str = "/StatusNotifierItem";

/// Sizes in which the icon is offered: those of common panels, and twice the most common one.
const SIZES: [u16; 5] = [16, 22, 24, 32, 48];

/// The description of the item's interface, for panels that ask for it.
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

/// The signals for a change of the status.
pub(super) const CHANGES: [&str; 2] = ["NewIcon", "NewToolTip"];

/// Every property of the item.
pub(super) fn item_properties(status: &IndicatorStatus) -> Properties {
    let none = || BusValue::from_text("");
    Properties::from([
        ("Category", BusValue::from_text("ApplicationStatus")),
        ("Id", BusValue::from_text("uam")),
        ("Title", BusValue::from_text("User Activity Monitor")),
        // Never "Passive": panels hide passive items.
        ("Status", BusValue::from_text("Active")),
        ("WindowId", BusValue::Number(0)),
        ("IconThemePath", none()),
        ("IconName", none()),
        (
            "IconPixmap",
            BusValue::Pixmaps(icon_pixmaps(status.icon_state)),
        ),
        // Read aloud by panels that support it.
        ("IconAccessibleDesc", BusValue::from_text(&status.headline)),
        ("OverlayIconName", none()),
        ("OverlayIconPixmap", BusValue::Pixmaps(Vec::new())),
        ("AttentionIconName", none()),
        ("AttentionIconPixmap", BusValue::Pixmaps(Vec::new())),
        ("AttentionMovieName", none()),
        (
            "ToolTip",
            BusValue::Tip(
                String::new(),
                Vec::new(),
                "User Activity Monitor".to_owned(),
                escape_markup(&status.headline),
            ),
        ),
        ("ItemIsMenu", BusValue::Flag(true)),
        ("Menu", BusValue::Path(dbusmenu::MENU_PATH)),
    ])
}

fn icon_pixmaps(state: IconState) -> Vec<Pixmap> {
    let pixmap = |size: u16| {
        let pixels = render_icon(state, size);
        let bytes = pixels.iter().flat_map(|[r, g, b, a]| [*a, *r, *g, *b]);
        (i32::from(size), i32::from(size), bytes.collect())
    };
    SIZES.into_iter().map(pixmap).collect()
}

/// `text` for a reader of markup: its special characters are escaped.
pub(super) fn escape_markup(text: &str) -> String {
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
            escape_markup("<b>\"A\" & 'B'</b>"),
            "&lt;b&gt;&quot;A&quot; &amp; &apos;B&apos;&lt;/b&gt;"
        );
    }

    #[test]
    fn pixmaps_are_argb_in_network_order() {
        for (width, height, bytes) in icon_pixmaps(IconState::Active) {
            assert_eq!(width, height);
            assert_eq!(bytes.len(), 4 * (width * height) as usize);
            // The middle of a filled dot.
            let middle = 4 * (height / 2 * width + width / 2) as usize;
            assert_eq!(bytes[middle..middle + 4], [0xff, 0xe0, 0x2f, 0x2f]);
        }
    }
}
