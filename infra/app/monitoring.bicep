param workspaceName string
param componentName string
param location string
param tags object

@description('How long telemetry is kept, in days. 30 are in its price.')
@minValue(30)
@maxValue(730)
param retentionDays int

@description('The most telemetry a day in gigabytes, above which it is dropped until the next day; -1: no bound.')
param dailyQuotaGb int

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    workspaceCapping: {
      dailyQuotaGb: dailyQuotaGb
    }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true
  }
}

output workspaceId string = workspace.id
output componentName string = component.name
output connectionString string = component.properties.ConnectionString
