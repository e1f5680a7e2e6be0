{{- /* The application for Ray Serve. A test compares it with serve_config.cluster.yaml. */ -}}
{{- define "photobatch.serve" -}}
{{- $settings := dict
  "blob_url" (required "blobUrl: name a store that all pods reach" .Values.blobUrl)
  "min_workers" "0"
  "max_workers" (mul .Values.cpu.maxReplicas .Values.cpu.cpus | toString)
  "use_gpu" (ternary "always" "never" (gt (int .Values.gpu.maxReplicas) 0)) -}}
{{- if gt (int .Values.gpu.maxReplicas) 0 -}}
{{- $on_one := floor (divf 1.0 (float64 (default 0.25 .Values.settings.gpu_fraction))) | int -}}
{{- $_ := set $settings "max_gpu_workers" (mul .Values.gpu.maxReplicas $on_one | toString) -}}
{{- end -}}
{{- if .Values.apiKeys.secret -}}
{{- $_ := set $settings "api_keys" "~/photobatch/api-keys.txt" -}}
{{- end -}}
{{- if not .Values.redis.secret -}}
{{- $_ := set $settings "redis_url" (printf "%s/%d" (include "photobatch.redis" .) (int .Values.redis.database)) -}}
{{- end -}}
{{- if ne .Values.weights.from "image" -}}
{{- $_ := set $settings "model_dir" "/models" -}}
{{- end -}}
proxy_location: HeadOnly

http_options:
  host: 0.0.0.0
  port: 8001

applications:
  - name: photobatch
    route_prefix: /
    import_path: deployments.app:build
    args:
      {{- range $name, $value := mustMergeOverwrite $settings .Values.settings }}
      {{ $name }}: {{ $value | toString | quote }}
      {{- end }}
    deployments:
      - name: ingress
        num_replicas: 1
        max_ongoing_requests: 10000
{{- end -}}
