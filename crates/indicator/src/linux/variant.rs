//! The values of properties, serialised as they are: an icon in zbus's own variants would take a
//! thousand times its size.

use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use zbus::{ObjectPath, Signature, Type, as_variant};

/// An image: width, height, and its pixels as ARGB in network byte order.
pub(super) type Pixmap = (i32, i32, Vec<u8>);

/// Properties by name.
pub(super) type Properties = BTreeMap<&'static str, BusValue>;

/// A menu entry with the entries below it.
pub(super) type MenuNode = (i32, Properties, Vec<BusValue>);

/// A value of any type that uam sends over the bus.
pub(super) enum BusValue {
    Text(String),
    Texts(Vec<String>),
    Flag(bool),
    Number(i32),
    Count(u32),
    Path(&'static str),
    Pixmaps(Vec<Pixmap>),
    /// The icon's name and images, title, text.
    Tip(String, Vec<Pixmap>, String, String),
    Node(Box<MenuNode>),
}

impl BusValue {
    pub(super) fn from_text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Type for BusValue {
    const SIGNATURE: &'static Signature = &Signature::Variant;
}

impl Serialize for BusValue {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => as_variant::Serialize(text).serialize(s),
            Self::Texts(texts) => as_variant::Serialize(texts).serialize(s),
            Self::Flag(flag) => as_variant::Serialize(flag).serialize(s),
            Self::Number(number) => as_variant::Serialize(number).serialize(s),
            Self::Count(count) => as_variant::Serialize(count).serialize(s),
            Self::Path(path) => {
                let path = ObjectPath::from_static_str_unchecked(path);
                as_variant::Serialize(&path).serialize(s)
            }
            Self::Pixmaps(pixmaps) => as_variant::Serialize(pixmaps).serialize(s),
            Self::Tip(icon, pixmaps, title, text) => {
                as_variant::Serialize(&(icon, pixmaps, title, text)).serialize(s)
            }
            Self::Node(node) => as_variant::Serialize(&**node).serialize(s),
        }
    }
}
