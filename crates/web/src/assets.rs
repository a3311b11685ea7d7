//! The page's own files, part of the program.

/// Path, media type and text of each file.
pub(crate) const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("../assets/index.html")),
    (
        "/style.css",
        "text/css; charset=utf-8",
        include_str!("../assets/style.css"),
    ),
    (
        "/icon.svg",
        "image/svg+xml",
        include_str!("../assets/icon.svg"),
    ),
    ("/main.js", JS, include_str!("../assets/main.js")),
    ("/dom.js", JS, include_str!("../assets/dom.js")),
    ("/format.js", JS, include_str!("../assets/format.js")),
    ("/colours.js", JS, include_str!("../assets/colours.js")),
    ("/api.js", JS, include_str!("../assets/api.js")),
    (
        "/screenshot_cache.js",
        JS,
        include_str!("../assets/screenshot_cache.js"),
    ),
    (
        "/view_options.js",
        JS,
        include_str!("../assets/view_options.js"),
    ),
    (
        "/live_status.js",
        JS,
        include_str!("../assets/live_status.js"),
    ),
    (
        "/timeline_canvas.js",
        JS,
        include_str!("../assets/timeline_canvas.js"),
    ),
    ("/timeline.js", JS, include_str!("../assets/timeline.js")),
    ("/save_menu.js", JS, include_str!("../assets/save_menu.js")),
    ("/viewer.js", JS, include_str!("../assets/viewer.js")),
    ("/day.js", JS, include_str!("../assets/day.js")),
    ("/period.js", JS, include_str!("../assets/period.js")),
    ("/gallery.js", JS, include_str!("../assets/gallery.js")),
    ("/search.js", JS, include_str!("../assets/search.js")),
    ("/uploads.js", JS, include_str!("../assets/uploads.js")),
    ("/settings.js", JS, include_str!("../assets/settings.js")),
];

const HTML: &str = "text/html; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;

    /// Most that a browser loads before any screenshot, in bytes.
    const MAX_WEIGHT: usize = 150_000;

    #[test]
    fn the_page_stays_small() {
        let weight: usize = FILES.iter().map(|(.., text)| text.len()).sum();
        assert!(weight <= MAX_WEIGHT, "the page weighs {weight} bytes");
    }

    /// No script makes markup or code from text, keeps data in the browser, or names another server.
    #[test]
    fn no_text_becomes_markup_and_nothing_comes_from_elsewhere() {
        for (path, _, text) in FILES {
            for word in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "Function(",
                "createPolicy",
                "localStorage",
                "sessionStorage",
                "document.cookie",
                "https://",
            ] {
                assert!(!text.contains(word), "{path} has {word}");
            }
            let elsewhere = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!elsewhere.contains("http://"), "{path} names an address");
        }
    }
}
