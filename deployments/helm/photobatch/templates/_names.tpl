{{- define "photobatch.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "photobatch.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{ include "photobatch.selector" . }}
{{- end -}}

{{- /* KubeRay has a meaning of its own for app.kubernetes.io/name on its pods. */ -}}
{{- define "photobatch.selector" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: photobatch
{{- end -}}

{{- define "photobatch.account" -}}
{{- if .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default (include "photobatch.name" .) -}}
{{- else -}}
{{- .Values.serviceAccount.name | default "default" -}}
{{- end -}}
{{- end -}}

{{- define "photobatch.image" -}}
{{- required "image.repository: where is the image that you built?" .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion -}}
{{- end -}}

{{- define "photobatch.redis" -}}
{{- if .Values.redis.bundled.enabled -}}
redis://{{ include "photobatch.name" . }}-redis:6379
{{- else -}}
{{- required "redis.address: name your Redis, or set redis.bundled.enabled" .Values.redis.address | trimSuffix "/" -}}
{{- end -}}
{{- end -}}
