//! `app-config.js`: the viewer's configuration for the DICOMweb root of the same origin.

use serde_json::json;

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

/// The text of `app-config.js`. It names no other host.
pub fn app_config_js(config: &ViewerConfig) -> String {
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
        let text =
            app_config_js(&ViewerConfig { dicomweb_root: "/facilities/east/dicom-web".to_owned(), upload: false });
        assert!(text.starts_with("window.config = {"));
        assert!(text.contains(r#""qidoRoot": "/facilities/east/dicom-web""#), "{text}");
        assert!(text.contains(r#""dicomUploadEnabled": false"#), "{text}");
        assert!(!text.contains("://"), "{text}");
    }
}
