// Two things somebody should be told of: the gateway answers with server errors, or usage events are turned away.

param actionGroupName string
param location string
param tags object
param email string
param workspaceId string
param eventHubsId string

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'ao-gateway'
    emailReceivers: [
      {
        name: 'operators'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

// A query and not a metric: the metric of failed requests counts 402 and 429 too, which are the gateway doing its work.
resource errors 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'ao-server-errors'
  location: location
  tags: tags
  properties: {
    description: 'More than 20 answers with a server error in five minutes: GET /ready says what is missing.'
    enabled: true
    severity: 1
    autoMitigate: true
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    scopes: [
      workspaceId
    ]
    criteria: {
      allOf: [
        {
          query: 'AppRequests | where toint(ResultCode) >= 500'
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 20
        }
      ]
    }
    actions: {
      actionGroups: [
        people.id
      ]
    }
  }
}

resource throttled 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'ao-usage-throttled'
  location: 'global'
  tags: tags
  properties: {
    description: 'Event Hubs turns usage events away: raise the throughput units.'
    enabled: true
    severity: 2
    autoMitigate: true
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    scopes: [
      eventHubsId
    ]
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'throttled'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.EventHub/namespaces'
          metricName: 'ThrottledRequests'
          operator: 'GreaterThan'
          threshold: 10
          timeAggregation: 'Total'
        }
      ]
    }
    actions: [
      {
        actionGroupId: people.id
      }
    ]
  }
}
