curl -X POST http://localhost:8001/api/tasks \
  -H "Authorization: Bearer {token}" \
  -H "X-Tenant-Id: {tenant_id}" \
  -H "Content-Type: application/json" \
  -d '{
    "title": "Follow up with patient",
    "description": "Discuss lab results",
    "patient_id": "{patient_id}",
    "assigned_to": "Dr. Smith",
    "priority": "high"
  }'
