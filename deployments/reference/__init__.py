"""What is made from other files: docs/http.md from the application, the Kubernetes manifest from the Helm chart."""
