curl -X POST http://localhost:8001/api/documents/upload \
  -H "Authorization: Bearer {token}" \
  -H "X-Tenant-Id: {tenant_id}" \
  -F "patient_id={patient_id}" \
  -F "kind=lab" \
  -F "file=@blood_test.pdf"
