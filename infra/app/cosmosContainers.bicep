// What the stores query is indexed, and nothing else: every indexed member costs request units on each write.

param accountName string
param databaseName string

var containers = [
  {
    // Configuration. Read by id and by partition, in order of id; `id` and `_ts` are always indexed.
    name: 'documents'
    partitionKey: '/partition'
    ttlSeconds: 0
    indexed: [
      '/partition/?'
      '/deleted/?'
    ]
  }
  {
    // Counters of limits; a day's are of no use two days later.
    name: 'rates'
    partitionKey: '/partition'
    ttlSeconds: 172800
    indexed: [
      '/partition/?'
    ]
  }
  {
    // Calls, with the members of GET /v1/usage's filters, and what they add up to by the hour.
    name: 'usage'
    partitionKey: '/pk'
    ttlSeconds: 0
    indexed: [
      '/pk/?'
      '/event/key_id/?'
      '/event/model/?'
      '/event/provider/?'
      '/event/status/?'
      '/event/request_id/?'
      '/event/created_unix_ms/?'
    ]
  }
  {
    // Lines and calls of wallets' statements.
    name: 'statements'
    partitionKey: '/pk'
    ttlSeconds: 0
    indexed: [
      '/pk/?'
      '/at/?'
      '/kind/?'
      '/lease/?'
      '/period/?'
    ]
  }
  {
    // Calls that were started and whose end is not known; suspense is decided long before seven days.
    name: 'open-calls'
    partitionKey: '/pk'
    ttlSeconds: 604800
    indexed: [
      '/pk/?'
    ]
  }
  {
    // Answers that are kept. Each has a `ttl` of its own; read by id, listed once an hour.
    name: 'cache'
    partitionKey: '/pk'
    ttlSeconds: 0
    indexed: [
      '/pk/?'
    ]
  }
]

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' existing = {
  name: accountName
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-11-15' existing = {
  parent: account
  name: databaseName
}

resource container 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-11-15' = [
  for item in containers: {
    parent: database
    name: item.name
    properties: {
      resource: {
        id: item.name
        partitionKey: {
          kind: 'Hash'
          version: 2
          paths: [
            item.partitionKey
          ]
        }
        // -1: what lives on says nothing, and what has a `ttl` of its own goes by it.
        defaultTtl: item.ttlSeconds == 0 ? -1 : item.ttlSeconds
        indexingPolicy: {
          automatic: true
          indexingMode: 'consistent'
          includedPaths: map(item.indexed, path => { path: path })
          excludedPaths: [
            {
              path: '/*'
            }
          ]
        }
      }
    }
  }
]
