/* Plain old JavaScript (no modules, nothing after ES5): it must run on the very Node versions that it turns away. */
var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  var remedy = 'install it (https://nodejs.org), or on Linux x64 run "npm ci", which brings its own';
  console.error('Parley needs Node 24 or later, this is ' + process.version + ': ' + remedy + '.');
  process.exit(1);
}
