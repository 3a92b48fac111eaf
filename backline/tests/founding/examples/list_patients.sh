curl http://localhost:8001/api/patients \
  -H "Authorization: Bearer {token}" \
  -H "X-Tenant-Id: {tenant_id}"
