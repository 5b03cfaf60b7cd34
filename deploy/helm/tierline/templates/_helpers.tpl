{{/* Names, labels, and what every pod of the release has in common. */}}

{{- define "tierline.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whom a selector finds; never changed, since a Deployment's selector cannot be. */}}
{{- define "tierline.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- with .component }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end -}}

{{- define "tierline.labels" -}}
{{ include "tierline.selector" . }}
app.kubernetes.io/version: {{ include "tierline.tag" .root | quote }}
app.kubernetes.io/part-of: tierline
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "tierline.tag" -}}
{{- .Values.image.tag | default .Chart.AppVersion -}}
{{- end -}}

{{- define "tierline.image" -}}
{{- $of := .root.Values.image -}}
{{- with $of.registry }}{{ . }}/{{ end -}}
{{ $of.repository }}/{{ .component }}:{{ include "tierline.tag" .root }}
{{- end -}}

{{- define "tierline.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "tierline.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Of every pod, beside its containers. */}}
{{- define "tierline.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
securityContext:
  {{- include "tierline.podSecurity" . | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* The database's address, from a file: .migration asks for the one past the pooler. */}}
{{- define "tierline.databaseEnv" -}}
- {name: TIERLINE_DATABASE_URL_FILE, value: /etc/tierline/database/url}
- {name: TIERLINE_DATABASE_POOLER, value: {{ .Values.database.pooler }}}
{{- end -}}

{{- define "tierline.kafkaEnv" -}}
{{- with .Values.kafka }}
- {name: TIERLINE_KAFKA_BOOTSTRAP, value: {{ .bootstrap | quote }}}
- {name: TIERLINE_KAFKA_IDEMPOTENT, value: "1"}
- {name: TIERLINE_KAFKA_REPLICATION, value: {{ .replication | quote }}}
- {name: TIERLINE_KAFKA_SECURITY_PROTOCOL, value: {{ .securityProtocol }}}
{{- if hasPrefix "SASL_" .securityProtocol }}
- {name: TIERLINE_KAFKA_SASL_MECHANISM, value: {{ .sasl.mechanism }}}
- {name: TIERLINE_KAFKA_SASL_USERNAME_FILE, value: /etc/tierline/kafka-login/username}
- {name: TIERLINE_KAFKA_SASL_PASSWORD_FILE, value: /etc/tierline/kafka-login/password}
{{- end }}
{{- if .ca.secretName }}
- {name: TIERLINE_KAFKA_SSL_CA_FILE, value: /etc/tierline/kafka-ca/ca.crt}
{{- end }}
{{- if .client.secretName }}
- {name: TIERLINE_KAFKA_SSL_CERT_FILE, value: /etc/tierline/kafka-client/tls.crt}
- {name: TIERLINE_KAFKA_SSL_KEY_FILE, value: /etc/tierline/kafka-client/tls.key}
{{- end }}
{{- end }}
{{- end -}}

{{- define "tierline.mailEnv" -}}
{{- if .Values.development }}
- {name: TIERLINE_MAIL_CATCHER, value: "1"}
- {name: TIERLINE_SMTP_HOST, value: 127.0.0.1}
- {name: TIERLINE_SMTP_PORT, value: "1025"}
{{- else }}
{{- with .Values.mail }}
- {name: TIERLINE_SMTP_HOST, value: {{ .host | quote }}}
- {name: TIERLINE_SMTP_PORT, value: {{ .port | quote }}}
- {name: TIERLINE_SMTP_TLS, value: {{ .tls }}}
{{- if .login.secretName }}
- {name: TIERLINE_SMTP_USER_FILE, value: /etc/tierline/mail-login/username}
- {name: TIERLINE_SMTP_PASSWORD_FILE, value: /etc/tierline/mail-login/password}
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.mail }}
- {name: TIERLINE_MAIL_FROM, value: {{ .from | quote }}}
- {name: TIERLINE_MAIL_FROM_NAME, value: {{ .fromName | quote }}}
{{- with .replyTo }}
- {name: TIERLINE_MAIL_REPLY_TO, value: {{ . | quote }}}
{{- end }}
{{- end }}
{{- with .Values.allowedTargets }}
- {name: TIERLINE_ALLOWED_TARGETS, value: {{ join "," . | quote }}}
{{- end }}
{{- end -}}

{{- define "tierline.ownEnv" -}}
- {name: TIERLINE_SECRET_FILE, value: /etc/tierline/own/secret}
{{- if .Values.development }}
- {name: TIERLINE_DEVELOPMENT, value: "1"}
{{- end }}
{{- end -}}

{{/* A volume with some keys of an existing Secret: (dict "name" ... "secret" ... "keys" (dict path key)) */}}
{{- define "tierline.secretVolume" -}}
- name: {{ .name }}
  secret:
    secretName: {{ .secret }}
    defaultMode: 288 # 0440
    items:
    {{- range $path, $key := .keys }}
      - {key: {{ $key | quote }}, path: {{ $path }}}
    {{- end }}
{{- end -}}

{{- define "tierline.databaseVolumes" -}}
{{- $secret := .root.Values.database.secret -}}
{{- if and .migration .root.Values.database.migrationSecret.name -}}
{{- $secret = .root.Values.database.migrationSecret -}}
{{- end -}}
{{ include "tierline.secretVolume" (dict "name" "database" "secret" $secret.name "keys" (dict "url" $secret.key)) }}
{{- with .root.Values.database.ca }}
{{- if .secretName }}
{{ include "tierline.secretVolume" (dict "name" "database-ca" "secret" .secretName "keys" (dict "ca.crt" .key)) }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "tierline.databaseMounts" -}}
- {name: database, mountPath: /etc/tierline/database, readOnly: true}
{{- if .Values.database.ca.secretName }}
- {name: database-ca, mountPath: /etc/tierline/database-ca, readOnly: true}
{{- end }}
{{- end -}}

{{- define "tierline.kafkaVolumes" -}}
{{- with .Values.kafka }}
{{- if hasPrefix "SASL_" .securityProtocol }}
{{ include "tierline.secretVolume" (dict "name" "kafka-login" "secret" (required "kafka.sasl.secretName is needed with a SASL protocol" .sasl.secretName) "keys" (dict "username" .sasl.usernameKey "password" .sasl.passwordKey)) }}
{{- end }}
{{- if .ca.secretName }}
{{ include "tierline.secretVolume" (dict "name" "kafka-ca" "secret" .ca.secretName "keys" (dict "ca.crt" .ca.key)) }}
{{- end }}
{{- if .client.secretName }}
{{ include "tierline.secretVolume" (dict "name" "kafka-client" "secret" .client.secretName "keys" (dict "tls.crt" .client.certificateKey "tls.key" .client.keyKey)) }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "tierline.kafkaMounts" -}}
{{- with .Values.kafka }}
{{- if hasPrefix "SASL_" .securityProtocol }}
- {name: kafka-login, mountPath: /etc/tierline/kafka-login, readOnly: true}
{{- end }}
{{- if .ca.secretName }}
- {name: kafka-ca, mountPath: /etc/tierline/kafka-ca, readOnly: true}
{{- end }}
{{- if .client.secretName }}
- {name: kafka-client, mountPath: /etc/tierline/kafka-client, readOnly: true}
{{- end }}
{{- end }}
{{- end -}}

{{- define "tierline.scaled" -}}
{{- if or .root.Values.keda.enabled (index .root.Values.services .component).autoscaling.enabled }}yes{{ end -}}
{{- end -}}
