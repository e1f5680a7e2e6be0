{{- /* What the pods of a group have in common: (dict "root" . "group" .Values.cpu "component" "cpu"). */ -}}
{{- define "photobatch.metadata" -}}
labels:
  {{- include "photobatch.selector" .root | nindent 2 }}
  app.kubernetes.io/component: {{ .component }}
{{- with .group.annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "photobatch.pod" -}}
serviceAccountName: {{ include "photobatch.account" .root }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000  # ray, of Ray's images
  fsGroup: 100
  seccompProfile: {type: RuntimeDefault}
{{- with .group.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .group.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .group.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "photobatch.container" -}}
image: {{ include "photobatch.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
{{- with .root.Values.envFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "photobatch.worker" -}}
{{- $values := .root.Values -}}
{{- $mounted := and (ne $values.weights.from "image") (or (eq .component "gpu") (eq (int $values.gpu.maxReplicas) 0)) -}}
{{- $one := eq .component "gpu" -}}
- groupName: {{ .component }}
  replicas: {{ .group.minReplicas }}
  minReplicas: {{ .group.minReplicas }}
  maxReplicas: {{ .group.maxReplicas }}
  rayStartParams:
    {{- if $one }}
    num-cpus: "0"  # for networks alone: workers of the other kind would keep an expensive node
    {{- end }}
    object-store-memory: "100000000"
  template:
    metadata:
      {{- include "photobatch.metadata" . | nindent 6 }}
    spec:
      {{- include "photobatch.pod" . | nindent 6 }}
      automountServiceAccountToken: false  # Kubernetes' API is for the autoscaler on the head
      {{- if and $mounted (eq $values.weights.from "download") }}
      initContainers:
        - name: weights
          {{- include "photobatch.container" . | nindent 10 }}
          command: [photobatch, models, pull{{ range $values.weights.files }}, {{ . | quote }}{{ end }}{{ with $values.weights.url }}, --from, {{ . | quote }}{{ end }}]
          env:
            - {name: BATCH_MODEL_DIR, value: /models}
            {{- with $values.env }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          volumeMounts:
            - {name: models, mountPath: /models}
      {{- end }}
      containers:
        - name: ray-worker
          {{- include "photobatch.container" . | nindent 10 }}
          {{- with $values.env }}
          env:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          # KubeRay's own probe of a RayService's workers asks for an HTTP proxy, which only the head has
          # (proxy_location): no worker, and so not the cluster, would ever be ready (kuberay#4994). This one asks
          # Ray's agent for the raylet; it wants no token.
          readinessProbe:
            httpGet: {path: /api/healthz, port: 52365}
            initialDelaySeconds: 10
            periodSeconds: 5
            timeoutSeconds: 2
            failureThreshold: 10
          resources:
            requests: {cpu: {{ .group.cpus | quote }}, memory: {{ .group.memory }}}
            limits: {cpu: {{ .group.cpus | quote }}, memory: {{ .group.memory }}{{ if $one }}, {{ .group.resource }}: {{ .group.count | quote }}{{ end }}}
          {{- if $mounted }}
          volumeMounts:
            - {name: models, mountPath: /models{{ if eq $values.weights.from "volume" }}, readOnly: true{{ end }}}
          {{- end }}
      {{- if $mounted }}
      volumes:
        - name: models
          {{- if eq $values.weights.from "volume" }}
          persistentVolumeClaim:
            claimName: {{ required "weights.claim: which volume has the weights?" $values.weights.claim }}
            readOnly: true
          {{- else }}
          emptyDir: {}
          {{- end }}
      {{- end }}
{{- end -}}
