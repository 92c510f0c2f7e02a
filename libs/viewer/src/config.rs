//! `app-config.js`: the viewer's configuration for the DICOMweb root of the same origin.

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::policy::Policy;

/// What the configuration depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewerConfig {
    /// The DICOMweb root as a path of this origin, such as `/dicom-web`.
    pub dicomweb_root: String,
    /// Whether the study list offers to upload files.
    pub upload: bool,
}

impl Default for ViewerConfig {
    fn default() -> Self {
        Self { dicomweb_root: "/dicom-web".to_owned(), upload: true }
    }
}

/// `app-config.js` to answer with. The server makes it, since it follows the server's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppConfig {
    /// The text. It names no other host.
    pub text: String,
    /// Content-Type.
    pub content_type: &'static str,
    /// Strong entity tag of the text, with its quotes.
    pub etag: String,
    /// Its content security policy: that of all scripts.
    pub policy: Policy,
}

/// Makes `app-config.js`.
pub fn app_config_js(config: &ViewerConfig) -> AppConfig {
    let text = text(config);
    let digest = Sha256::digest(&text);
    let tag: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    AppConfig {
        text,
        content_type: "text/javascript; charset=utf-8",
        etag: format!("\"{tag}\""),
        policy: Policy::Worker,
    }
}

fn text(config: &ViewerConfig) -> String {
    let value = json!({
        "name": "noctis",
        "routerBasename": "/viewer",
        "extensions": [],
        "modes": [],
        "customizationService": {},
        "showStudyList": true,
        "maxNumberOfWebWorkers": 3,
        "showWarningMessageForCrossOrigin": true,
        "showCPUFallbackMessage": true,
        "showLoadingIndicator": true,
        "strictZSpacingForVolumeViewport": true,
        "groupEnabledModesFirst": true,
        "maxNumRequests": { "interaction": 100, "thumbnail": 5, "prefetch": 25 },
        "investigationalUseDialog": { "option": "never" },
        "defaultDataSourceName": "dicomweb",
        "dataSources": [data_source(config)],
    });
    format!("window.config = {value:#};\n")
}

fn data_source(config: &ViewerConfig) -> serde_json::Value {
    json!({
        "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
        "sourceName": "dicomweb",
        "configuration": {
            "friendlyName": "Noctis",
            "name": "noctis",
            "qidoRoot": config.dicomweb_root,
            "wadoRoot": config.dicomweb_root,
            "qidoSupportsIncludeField": true,
            "supportsReject": false,
            "imageRendering": "wadors",
            // Thumbnails are made in the browser from the first frame, which is prefetched for the stack anyway.
            "thumbnailRendering": "wadors",
            "enableStudyLazyLoad": true,
            "supportsFuzzyMatching": true,
            "supportsWildcard": true,
            "staticWado": false,
            "dicomUploadEnabled": config.upload,
            "singlepart": "bulkdata,video,pdf",
            "bulkDataURI": { "enabled": true, "relativeResolution": "studies" },
            "omitQuotationForMultipartRequest": true,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_root_and_no_other_host() {
        let config = ViewerConfig { dicomweb_root: "/facilities/east/dicom-web".to_owned(), upload: false };
        let AppConfig { text, .. } = app_config_js(&config);
        assert!(text.starts_with("window.config = {"));
        assert!(text.contains(r#""qidoRoot": "/facilities/east/dicom-web""#), "{text}");
        assert!(text.contains(r#""dicomUploadEnabled": false"#), "{text}");
        assert!(!text.contains("://"), "{text}");
    }

    #[test]
    fn the_tag_is_that_of_the_text() {
        let other = ViewerConfig { upload: false, ..ViewerConfig::default() };
        let made = app_config_js(&ViewerConfig::default());
        assert_eq!(made, app_config_js(&ViewerConfig::default()));
        assert_ne!(made.etag, app_config_js(&other).etag);
        assert!(made.etag.len() == 34 && made.etag.starts_with('"') && made.etag.ends_with('"'), "{}", made.etag);
    }
}
