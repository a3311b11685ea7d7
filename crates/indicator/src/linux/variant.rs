//! Values of properties as they go over the bus, written as they are: a picture in zbus's own variants would be a
//! thousand times its size for a moment.

use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use zbus::{ObjectPath, Signature, Type, as_variant};

/// A picture: width, height, and its pixels as ARGB in network byte order.
pub(super) type Pixmap = (i32, i32, Vec<u8>);

/// Properties by name.
pub(super) type Properties = BTreeMap<&'static str, Value>;

/// A menu entry with what lies below it.
pub(super) type Node = (i32, Properties, Vec<Value>);

/// A value of any kind that uam has on the bus.
pub(super) enum Value {
    Text(String),
    Texts(Vec<String>),
    Flag(bool),
    Number(i32),
    Count(u32),
    Path(&'static str),
    Pixmaps(Vec<Pixmap>),
    /// Icon's name and pictures, title, text.
    Tip(String, Vec<Pixmap>, String, String),
    Node(Box<Node>),
}

impl Value {
    pub(super) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Type for Value {
    const SIGNATURE: &'static Signature = &Signature::Variant;
}

impl Serialize for Value {
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
