//! The uploaded copies of redacted records.
//!
//! Always true: only objects that hold nothing else are deleted; a segment shared with other records is named and left,
//! because deleting it would lose them at the destination.

use protocol::AffectedObject;
use settings::AppPaths;
use upload::Sink;

/// The outcome of a deletion at the destination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeletionReport {
    /// Names of those that are deleted, or were not there.
    pub deleted: Vec<String>,
    /// Names of those that stay, each with the reason.
    pub left: Vec<(String, String)>,
}

/// Deletes the objects that hold nothing else.
pub fn delete_uploaded_copies(paths: &AppPaths, objects: &[AffectedObject]) -> DeletionReport {
    if objects.is_empty() {
        return DeletionReport::default();
    }
    match settings::open_sink(paths) {
        Ok(sink) => delete_from_sink(&sink, objects),
        Err(e) => DeletionReport {
            left: objects
                .iter()
                .map(|o| (o.name.clone(), format!("{e:#}")))
                .collect(),
            ..DeletionReport::default()
        },
    }
}

fn delete_from_sink(sink: &dyn Sink, objects: &[AffectedObject]) -> DeletionReport {
    let mut copies = DeletionReport::default();
    // A refusal holds for all of them: one is enough to know.
    let mut refused: Option<String> = None;
    for object in objects {
        let name = object.name.clone();
        if !object.is_exclusive {
            let why = "it holds other records too, which would be lost there";
            copies.left.push((name, why.to_owned()));
            continue;
        }
        if let Some(why) = &refused {
            copies.left.push((name, why.clone()));
            continue;
        }
        match sink.delete(&name) {
            Ok(()) => copies.deleted.push(name),
            Err(e) => {
                let why = format!("{e}. {}", e.hint());
                copies.left.push((name, why.clone()));
                refused = Some(why);
            }
        }
    }
    copies
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use upload::ObjectStoreSink;

    #[test]
    fn only_what_holds_nothing_else_is_deleted() {
        let sink = ObjectStoreSink::memory().unwrap();
        let object = |name: &str, is_exclusive| AffectedObject {
            name: name.to_owned(),
            is_exclusive,
            is_screenshot: is_exclusive,
        };
        let objects = [object("a", true), object("b", false), object("c", true)];
        for o in &objects[..2] {
            sink.put_new(&upload::NewObject::new(o.name.clone(), &b"x"[..]))
                .unwrap();
        }
        let copies = delete_from_sink(&sink, &objects);
        // One that was never there is as good as deleted.
        assert_eq!(copies.deleted, ["a", "c"]);
        assert_eq!(copies.left.len(), 1);
        assert_eq!(copies.left[0].0, "b");
        assert_eq!(sink.get("a").unwrap(), None);
        assert!(sink.get("b").unwrap().is_some());
    }
}
