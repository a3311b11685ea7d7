//! The menu as `com.canonical.dbusmenu`: the panel draws it and reports clicks.

use super::variant::{BusValue, MenuNode, Properties};
use crate::menu::{MenuEntry, chosen_command};
use protocol::UserCommand;

pub(super) const MENU: &str = "com.canonical.dbusmenu";
pub(super) const MENU_PATH: &str = "/MenuBar";

/// The description of the menu's interface, for panels that ask for it.
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

/// The menu as the panel sees it.
#[derive(Default)]
pub(super) struct DbusMenu {
    entries: Vec<MenuEntry>,
    /// Rises with each change.
    pub(super) revision: u32,
}

impl DbusMenu {
    /// Replaces the entries; true when they differ.
    pub(super) fn replace_entries(&mut self, entries: Vec<MenuEntry>) -> bool {
        if self.entries == entries {
            return false;
        }
        self.entries = entries;
        self.revision = self.revision.wrapping_add(1);
        true
    }

    /// The entry `id` (0 is the menu itself) with the entries below it, down to `depth` (-1: all); none for an unknown one.
    pub(super) fn layout_node(&self, id: i32, depth: i32) -> Option<MenuNode> {
        if id != 0 {
            let entry = self.find_entry(id)?;
            return Some((id, entry_properties(entry), Vec::new()));
        }
        let below = match depth {
            0 => &[],
            _ => self.entries.as_slice(),
        };
        let children = below.iter().map(|entry| {
            BusValue::Node(Box::new((
                entry.id.into(),
                entry_properties(entry),
                Vec::new(),
            )))
        });
        Some((0, root_properties(), children.collect()))
    }

    /// The properties of these entries, or of all when `ids` is empty; unknown ones are left out.
    pub(super) fn group_properties(&self, ids: &[i32]) -> Vec<(i32, Properties)> {
        let all = self.entries.iter().map(|e| i32::from(e.id));
        let ids: Vec<i32> = match ids {
            [] => std::iter::once(0).chain(all).collect(),
            ids => ids.to_vec(),
        };
        ids.into_iter()
            .filter_map(|id| Some((id, self.properties_of(id)?)))
            .collect()
    }

    pub(super) fn properties_of(&self, id: i32) -> Option<Properties> {
        match id {
            0 => Some(root_properties()),
            id => self.find_entry(id).map(entry_properties),
        }
    }

    pub(super) fn has_entry(&self, id: i32) -> bool {
        id == 0 || self.find_entry(id).is_some()
    }

    /// The command that this event asks for.
    pub(super) fn command_for_event(&self, id: i32, event: &str) -> Option<UserCommand> {
        let id = u16::try_from(id).ok().filter(|_| event == "clicked")?;
        chosen_command(&self.entries, id)
    }

    fn find_entry(&self, id: i32) -> Option<&MenuEntry> {
        self.entries.iter().find(|e| i32::from(e.id) == id)
    }
}

/// The properties of the menu as an object.
pub(super) fn object_properties() -> Properties {
    Properties::from([
        ("Version", BusValue::Count(3)),
        ("TextDirection", BusValue::from_text("ltr")),
        ("Status", BusValue::from_text("normal")),
        ("IconThemePath", BusValue::Texts(Vec::new())),
    ])
}

fn root_properties() -> Properties {
    Properties::from([("children-display", BusValue::from_text("submenu"))])
}

fn entry_properties(entry: &MenuEntry) -> Properties {
    if entry.is_separator() {
        return Properties::from([("type", BusValue::from_text("separator"))]);
    }
    Properties::from([
        // One underscore would mark the letter after it as the entry's shortcut.
        ("label", BusValue::Text(entry.text.replace('_', "__"))),
        ("enabled", BusValue::Flag(entry.enabled)),
    ])
}
