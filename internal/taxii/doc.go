// Package taxii is the server of TAXII 2.1 (OASIS Standard of 10 June 2021): every endpoint of sections 4 and 5, over what
// package exchange knows.
//
//   - [New] makes an [http.Handler] that serves /taxii2/ and every API root.
//   - query.go reads the parameters of section 3.4, media.go negotiates the media types of section 1.6.8, problem.go gives
//     every error its status.
//
// What it guarantees: every answer, errors included, has the media type with its version; a page is in the order of
// date_added and says in its headers where it begins and ends; next is signed, and good for the caller and the filters that
// it was given for alone; objects leave as the bytes that package exchange hands out. A path that is not TAXII's, or does
// not end in a slash, is 404.
//
// What it does not do: it decides neither who the caller is (package gate) nor what they may see (package store), and it
// bounds no connection (package node).
//
// Where the standard leaves a choice or contradicts itself:
//
//   - An answer without items has the headers X-TAXII-Date-Added-First and -Last all the same, as section 3.2 demands, and in
//     them the place after which nothing was found: added_after, else the place that next stands for, else 1970. Whoever
//     goes on from there misses nothing.
//   - GET of one object is 404 where the caller sees no version of it, or not the version that was asked for; it is an empty
//     envelope where another filter leaves nothing.
//   - Manifests and versions have next, too, as a custom property (section 7.1): without it, clients that page by next alone
//     would begin again for ever.
//   - The version of an object without modified and created is its date_added.
//   - DELETE refuses filters that it does not know: ignoring them would delete more than was asked for.
package taxii
