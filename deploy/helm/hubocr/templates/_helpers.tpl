{{- define "hubocr.name" -}}
{{- if contains "hubocr" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-hubocr" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "hubocr.selector" -}}
app.kubernetes.io/name: hubocr
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "hubocr.labels" -}}
{{ include "hubocr.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "hubocr.keysSecret" -}}
{{- if .Values.apiKeys.existingSecret }}{{ .Values.apiKeys.existingSecret }}{{ else if .Values.apiKeys.values }}{{ include "hubocr.name" . }}-keys{{ end }}
{{- end }}
