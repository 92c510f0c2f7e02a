//! The pinned release of OHIF and everything that is known about its files.
//!
//! To move to another release: change the version and the digest, run the crate's tests with the new tarball, and look at
//! each count that no longer fits. Names that carry a hash are cached by browsers for ever, so a change of the
//! rewriting alone needs a new [`PREFIX`] as well.

/// The npm package with its version, as `npm pack` takes it.
pub const PACKAGE: &str = "@ohif/app@3.13.2";
/// The version alone.
pub const VERSION: &str = "3.13.2";
/// The name `npm pack` gives the tarball.
pub const TARBALL: &str = "ohif-app-3.13.2.tgz";
/// Where the viewer is served.
pub const PREFIX: &str = "/viewer/";

/// SHA-512 of the tarball, base64: what the registry calls its integrity.
pub(crate) const SHA512: &str =
    "WZdxmpmG7rqFgW9ZJLcbgr3XCtLi1KDNPoMaeY5PPe6j4G4fjEjjkycZM6C6Zk2F87BKxFfpq+jd5xXZB9E8EA==";

/// Raised when files are made in another way from the same release, so that an older folder is made anew.
pub(crate) const FORMAT: u32 = 1;

/// Where the built distribution lies in the tarball.
pub(crate) const DIST: &str = "package/dist/";

/// What is not unpacked, by the beginning of its path in the distribution.
///
/// - `ort/` (114 MB): the ONNX runtime of one segmentation tool, which also loads its models from a host outside.
/// - `sw.js`, `google.js`: a service worker and its registration. `init-service-worker.js` removes service workers.
/// - `app-config.js`: generated, see [`crate::app_config_js`].
/// - `customizations/`: loaded only by a setting that is off.
/// - the rest configures other web servers.
pub(crate) const LEFT_OUT: [&str; 8] =
    ["ort/", "sw.js", "google.js", "app-config.js", "customizations/", "_headers", "_redirects", "serve.json"];

/// One kind of replacement that moves the distribution below [`PREFIX`].
pub(crate) struct Replacement {
    /// A path, or `*.` and an extension.
    pub files: &'static str,
    /// What is looked for.
    pub from: &'static str,
    /// What takes its place.
    pub to: &'static str,
    /// How often it is there, in all these files together.
    pub count: usize,
}

const fn replace(files: &'static str, from: &'static str, to: &'static str, count: usize) -> Replacement {
    Replacement { files, from, to, count }
}

pub(crate) const REPLACEMENTS: [Replacement; 11] = [
    replace("index.html", "href=\"/", "href=\"/viewer/", 28),
    replace("index.html", "src=\"/", "src=\"/viewer/", 3),
    replace("index.html", "content=\"/", "content=\"/viewer/", 2),
    replace("index.html", "window.PUBLIC_URL=\"/\"", "window.PUBLIC_URL=\"/viewer/\"", 2),
    // The application and each worker have a loader of their own.
    replace("*.js", "__webpack_require__.p = \"/\"", "__webpack_require__.p = \"/viewer/\"", 8),
    replace("*.js", "browserImportFunction('/", "browserImportFunction('/viewer/", 1),
    replace("*.css", "url(/", "url(/viewer/", 5),
    replace("manifest.json", "\"/assets/", "\"/viewer/assets/", 9),
    replace("assets/manifest.webapp", "\"/assets/", "\"/viewer/assets/", 3),
    replace("assets/browserconfig.xml", "\"/assets/", "\"/viewer/assets/", 4),
    replace("assets/yandex-browser-manifest.json", "\"/assets/", "\"/viewer/assets/", 1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_fetches_what_is_pinned_here() {
        let script = include_str!("../fetch.sh");
        assert!(script.contains(&format!("package='{PACKAGE}'")));
        assert!(script.contains(&format!("tarball='{TARBALL}'")));
        assert!(PACKAGE.ends_with(VERSION));
    }
}
