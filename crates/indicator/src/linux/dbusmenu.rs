//! The menu as `com.canonical.dbusmenu`: the panel draws it and tells what was clicked.

use super::variant::{Node, Properties, Value};
use crate::Wish;
use crate::menu::{Entry, chosen};

pub(super) const MENU: &str = "com.canonical.dbusmenu";
pub(super) const MENU_PATH: &str = "/MenuBar";

/// What a panel finds out by itself about the menu.
pub(super) const INTROSPECTION: &str = r#"<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">
<node><interface name="com.canonical.dbusmenu">
<property name="Version" type="u" access="read"/><property name="TextDirection" type="s" access="read"/>
<property name="Status" type="s" access="read"/><property name="IconThemePath" type="as" access="read"/>
<method name="GetLayout"><arg name="parentId" type="i" direction="in"/><arg name="recursionDepth" type="i" direction="in"/>
<arg name="propertyNames" type="as" direction="in"/><arg name="revision" type="u" direction="out"/>
<arg name="layout" type="(ia{sv}av)" direction="out"/></method>
<method name="GetGroupProperties"><arg name="ids" type="ai" direction="in"/>
<arg name="propertyNames" type="as" direction="in"/><arg name="properties" type="a(ia{sv})" direction="out"/></method>
<method name="GetProperty"><arg name="id" type="i" direction="in"/><arg name="name" type="s" direction="in"/>
<arg name="value" type="v" direction="out"/></method>
<method name="Event"><arg name="id" type="i" direction="in"/><arg name="eventId" type="s" direction="in"/>
<arg name="data" type="v" direction="in"/><arg name="timestamp" type="u" direction="in"/></method>
<method name="EventGroup"><arg name="events" type="a(isvu)" direction="in"/>
<arg name="idErrors" type="ai" direction="out"/></method>
<method name="AboutToShow"><arg name="id" type="i" direction="in"/><arg name="needUpdate" type="b" direction="out"/></method>
<method name="AboutToShowGroup"><arg name="ids" type="ai" direction="in"/>
<arg name="updatesNeeded" type="ai" direction="out"/><arg name="idErrors" type="ai" direction="out"/></method>
<signal name="ItemsPropertiesUpdated"><arg name="updatedProps" type="a(ia{sv})"/><arg name="removedProps" type="a(ias)"/></signal>
<signal name="LayoutUpdated"><arg name="revision" type="u"/><arg name="parent" type="i"/></signal>
<signal name="ItemActivationRequested"><arg name="id" type="i"/><arg name="timestamp" type="u"/></signal>
</interface></node>"#;

/// The menu as the panel knows it.
#[derive(Default)]
pub(super) struct Menu {
    entries: Vec<Entry>,
    /// Rises with each change.
    pub(super) revision: u32,
}

impl Menu {
    /// Takes these entries; true when anything differs.
    pub(super) fn take(&mut self, entries: Vec<Entry>) -> bool {
        if self.entries == entries {
            return false;
        }
        self.entries = entries;
        self.revision = self.revision.wrapping_add(1);
        true
    }

    /// The entry `id` (0 is the menu itself) with what lies below it, down to `depth` (-1: all); none for an unknown one.
    pub(super) fn layout(&self, id: i32, depth: i32) -> Option<Node> {
        if id != 0 {
            let entry = self.entry(id)?;
            return Some((id, properties(entry), Vec::new()));
        }
        let below = match depth {
            0 => &[],
            _ => self.entries.as_slice(),
        };
        let children = below
            .iter()
            .map(|entry| Value::Node(Box::new((entry.id.into(), properties(entry), Vec::new()))));
        Some((0, root(), children.collect()))
    }

    /// The properties of these entries, or of all when none is named; unknown ones are left out.
    pub(super) fn group(&self, ids: &[i32]) -> Vec<(i32, Properties)> {
        let all = self.entries.iter().map(|e| i32::from(e.id));
        let ids: Vec<i32> = match ids {
            [] => std::iter::once(0).chain(all).collect(),
            ids => ids.to_vec(),
        };
        ids.into_iter()
            .filter_map(|id| Some((id, self.properties(id)?)))
            .collect()
    }

    pub(super) fn properties(&self, id: i32) -> Option<Properties> {
        match id {
            0 => Some(root()),
            id => self.entry(id).map(properties),
        }
    }

    pub(super) fn knows(&self, id: i32) -> bool {
        id == 0 || self.entry(id).is_some()
    }

    /// What is wished with this event.
    pub(super) fn wish(&self, id: i32, event: &str) -> Option<Wish> {
        let id = u16::try_from(id).ok().filter(|_| event == "clicked")?;
        chosen(&self.entries, id)
    }

    fn entry(&self, id: i32) -> Option<&Entry> {
        self.entries.iter().find(|e| i32::from(e.id) == id)
    }
}

/// The properties of the menu as an object.
pub(super) fn object() -> Properties {
    Properties::from([
        ("Version", Value::Count(3)),
        ("TextDirection", Value::text("ltr")),
        ("Status", Value::text("normal")),
        ("IconThemePath", Value::Texts(Vec::new())),
    ])
}

fn root() -> Properties {
    Properties::from([("children-display", Value::text("submenu"))])
}

fn properties(entry: &Entry) -> Properties {
    if entry.is_line() {
        return Properties::from([("type", Value::text("separator"))]);
    }
    Properties::from([
        // One underscore would mark the letter after it as the entry's shortcut.
        ("label", Value::Text(entry.text.replace('_', "__"))),
        ("enabled", Value::Flag(entry.enabled)),
    ])
}
